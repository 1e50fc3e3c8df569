// Package anycluster draws random clusters for tests of properties that hold of every one.
package anycluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"pgregory.net/rapid"

	"github.com/rampart-iac/rampart/providers/aks/spec"
)

// Draw draws a cluster that nothing is wrong with.
func Draw(t *rapid.T) spec.Cluster {
	identifier := func(label, first string) string {
		return first + rapid.StringMatching(`[0-9a-f]{7}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).Draw(t, label)
	}
	cluster := spec.Cluster{
		Name:              rapid.StringMatching(`[0-9A-Za-z]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?`).Draw(t, "name"),
		Subscription:      identifier("subscription", "1"),
		Tenant:            identifier("tenant", "2"),
		Region:            rapid.SampledFrom([]string{"germanywestcentral", "eastus2", "usgovvirginia"}).Draw(t, "region"),
		Environment:       rapid.SampledFrom([]spec.Environment{"", "dev", "staging", "prod"}).Draw(t, "environment"),
		KubernetesVersion: rapid.SampledFrom(spec.Versions()).Draw(t, "version").Kubernetes,
		Network:           drawNetwork(t),
		ServiceCIDR:       rapid.SampledFrom([]string{"", "172.20.0.0/16", "192.168.128.0/20", "172.29.0.0/24"}).Draw(t, "services"),
		AdminGroup:        identifier("administrators", "a"),
		VaultName:         rapid.SampledFrom([]string{"", "kv1", "Keys-of-our-own-cluster1"}).Draw(t, "vault"),
		KeyRotationDays:   rapid.SampledFrom([]int{0, 28, 730}).Draw(t, "rotation"),
		LogRetentionDays:  rapid.SampledFrom([]int{0, 90, 730}).Draw(t, "retention"),
		PublicLogQueries:  rapid.Bool().Draw(t, "public queries"),
		FIPS:              rapid.Bool().Draw(t, "fips"),
		AzurePolicy:       rapid.Bool().Draw(t, "azure policy"),
		Defender:          rapid.Bool().Draw(t, "defender"),
		Ephemeral:         rapid.Bool().Draw(t, "ephemeral"),
	}
	if rapid.Bool().Draw(t, "a window") {
		cluster.Maintenance = spec.Maintenance{Day: "Wednesday", Start: "23:59", Hours: rapid.IntRange(4, 24).Draw(t, "hours")}
	}
	if rapid.Bool().Draw(t, "more administrators") {
		cluster.Administrators = []string{identifier("second group", "b"), identifier("third group", "c")}
	}
	if cluster.Environment == "dev" && rapid.Bool().Draw(t, "public") {
		cluster.PublicCIDRs = []string{"203.0.113.0/24", "198.51.100.7/32"}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "pools") {
		cluster.NodePools = append(cluster.NodePools, drawPool(t, i))
	}
	return cluster
}

func drawNetwork(t *rapid.T) spec.Network {
	network := spec.Network{
		CIDR:    rapid.SampledFrom([]string{"", "10.0.0.0/16", "10.250.0.0/18", "192.168.4.0/22"}).Draw(t, "cidr"),
		PodCIDR: rapid.SampledFrom([]string{"", "10.128.0.0/12", "172.16.0.0/14", "10.96.0.0/20"}).Draw(t, "pods"),
		Egress:  rapid.SampledFrom([]spec.Egress{"", spec.EgressNAT, spec.EgressFirewall}).Draw(t, "egress"),
	}
	if rapid.Bool().Draw(t, "given network") {
		network.NodeSubnetID, network.APIServerSubnetID = pulumi.String("their-nodes"), pulumi.String("their-api")
	} else if network.Egress == spec.EgressFirewall {
		network.FirewallIP = rapid.SampledFrom([]string{"10.100.0.4", "192.168.255.254"}).Draw(t, "firewall")
	}
	return network
}

// drawPool draws a pool of nodes: the first is the system's, which is spared from what others may have.
func drawPool(t *rapid.T, number int) spec.NodePool {
	pool := spec.NodePool{
		Name:    fmt.Sprintf("pool%d", number),
		VMSize:  rapid.SampledFrom([]string{"", "Standard_D4ds_v5", "Standard_NC24ads_A100_v4"}).Draw(t, "size"),
		Min:     rapid.IntRange(1, 5).Draw(t, "min"),
		DiskGiB: rapid.IntRange(30, 2048).Draw(t, "disk"),
		Zones:   rapid.SampledFrom([][]int{nil, {1, 2}, {3, 1, 2}}).Draw(t, "zones"),
	}
	if number == 0 {
		return pool
	}
	pool.Spot = rapid.Bool().Draw(t, "spot")
	if rapid.Bool().Draw(t, "taint") {
		pool.Taints = []spec.Taint{{Key: "dedicated", Value: "x", Effect: "NoExecute"}}
	}
	return pool
}
