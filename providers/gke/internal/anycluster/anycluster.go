// Package anycluster draws random clusters for tests of properties that hold of every one.
package anycluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"pgregory.net/rapid"

	"github.com/rampart-iac/rampart/providers/gke/spec"
)

// Draw draws a cluster that nothing is wrong with.
func Draw(t *rapid.T) spec.Cluster {
	region := rapid.SampledFrom([]string{"europe-west3", "us-central1", "asia-northeast1"}).Draw(t, "region")
	project := rapid.StringMatching(`[a-z][a-z0-9-]{4,20}[a-z0-9]`).Draw(t, "project")
	cluster := spec.Cluster{
		Name:              rapid.StringMatching(`[a-z]([a-z0-9-]{0,22}[a-z0-9])?`).Draw(t, "name"),
		Project:           project,
		ProjectNumber:     rapid.StringMatching(`[0-9]{6,19}`).Draw(t, "number"),
		Region:            region,
		Zones:             []string{region + "-a", region + "-b", region + "-c"}[:rapid.IntRange(2, 3).Draw(t, "zones")],
		Environment:       rapid.SampledFrom([]spec.Environment{"", "dev", "staging", "prod"}).Draw(t, "environment"),
		KubernetesVersion: rapid.SampledFrom(spec.Versions()).Draw(t, "version").Kubernetes,
		Channel:           rapid.SampledFrom([]spec.Channel{"", spec.ChannelRegular, spec.ChannelStable}).Draw(t, "channel"),
		Network:           drawNetwork(t),
		ServiceCIDR:       rapid.SampledFrom([]string{"", "10.64.0.0/16", "192.168.128.0/27"}).Draw(t, "services"),
		ControlPlaneCIDR:  rapid.SampledFrom([]string{"", "172.16.0.0/28", "192.168.255.240/28"}).Draw(t, "control plane"),
		Calico:            rapid.Bool().Draw(t, "calico"),
		KeyRotationDays:   rapid.SampledFrom([]int{0, 30, 365}).Draw(t, "rotation"),
		LogRetentionDays:  rapid.SampledFrom([]int{0, 90, 3650}).Draw(t, "retention"),
		GivenAuditConfig:  rapid.Bool().Draw(t, "given audit"),
		Ephemeral:         rapid.Bool().Draw(t, "ephemeral"),
	}
	robot := "serviceAccount:d@" + project + ".iam.gserviceaccount.com"
	cluster.Deployer = rapid.SampledFrom([]string{"user:me@example.com", robot}).Draw(t, "deployer")
	drawOptions(t, &cluster)
	for i := range rapid.IntRange(0, 3).Draw(t, "pools") {
		cluster.NodePools = append(cluster.NodePools, drawPool(t, i))
	}
	return cluster
}

func drawOptions(t *rapid.T, cluster *spec.Cluster) {
	if cluster.Environment == "dev" && rapid.Bool().Draw(t, "public") {
		cluster.PublicCIDRs = []string{"203.0.113.0/24"}
	}
	if rapid.Bool().Draw(t, "bastion") {
		cluster.AuthorizedCIDRs = []string{"10.200.0.0/28"}
	}
	if rapid.Bool().Draw(t, "own key") {
		cluster.SecretsKey = "projects/k/locations/" + cluster.Region + "/keyRings/a/cryptoKeys/b"
	}
	if rapid.Bool().Draw(t, "groups") {
		cluster.SecurityDomain = "example.com"
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "repositories") {
		cluster.ImageRepositories = append(cluster.ImageRepositories,
			fmt.Sprintf("%s-docker.pkg.dev/%s/images%d", cluster.Region, cluster.Project, i))
	}
	if rapid.Bool().Draw(t, "a window") {
		hours := rapid.IntRange(6, 24).Draw(t, "hours")
		cluster.Maintenance = spec.Maintenance{Days: []string{"WE", "SU"}, Start: "23:30", Hours: hours}
	}
}

func drawNetwork(t *rapid.T) spec.Network {
	network := spec.Network{
		CIDR:    rapid.SampledFrom([]string{"10.0.0.0/20", "10.1.0.0/16", "192.168.4.0/24"}).Draw(t, "cidr"),
		PodCIDR: rapid.SampledFrom([]string{"10.32.0.0/14", "10.128.0.0/10", "172.20.0.0/20"}).Draw(t, "pods"),
	}
	if !rapid.Bool().Draw(t, "given network") {
		network.Egress = rapid.SampledFrom([]spec.Egress{"", spec.EgressNone, spec.EgressNAT}).Draw(t, "egress")
		return network
	}
	network.NetworkID, network.SubnetworkID = pulumi.String("vpc"), pulumi.String("nodes")
	network.PodRange, network.ServiceRange = "p", "s"
	return network
}

func drawPool(t *rapid.T, number int) spec.NodePool {
	pool := spec.NodePool{
		Name:        fmt.Sprintf("pool-%d", number),
		MachineType: rapid.SampledFrom([]string{"", "e2-standard-4", "n2d-highmem-8", "c3-standard-4-lssd"}).Draw(t, "machine"),
		Min:         rapid.IntRange(1, 5).Draw(t, "min"),
		DiskGiB:     rapid.IntRange(20, 500).Draw(t, "disk"),
		Spot:        rapid.Bool().Draw(t, "spot"),
	}
	if rapid.Bool().Draw(t, "taint") {
		pool.Taints = []spec.Taint{{Key: "dedicated", Value: "x", Effect: "NoExecute"}}
	}
	return pool
}
