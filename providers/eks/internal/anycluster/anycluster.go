// Package anycluster draws random clusters for tests of properties that hold of every one.
package anycluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"pgregory.net/rapid"

	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// Draw draws a cluster that nothing is wrong with.
func Draw(t *rapid.T) spec.Cluster {
	region := rapid.SampledFrom([]string{"eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1"}).Draw(t, "region")
	account := rapid.StringMatching(`[0-9]{12}`).Draw(t, "account")
	role := func(label string) string {
		return "arn:" + spec.Partition(region) + ":iam::" + account + ":role/" + rapid.StringMatching(`[a-z]{3,12}`).Draw(t, label)
	}
	cluster := spec.Cluster{
		Name:              rapid.StringMatching(`[a-z][a-z0-9-]{0,20}[a-z0-9]`).Draw(t, "name"),
		Account:           account,
		Region:            region,
		Environment:       rapid.SampledFrom([]spec.Environment{"", "dev", "staging", "prod"}).Draw(t, "environment"),
		KubernetesVersion: rapid.SampledFrom(spec.Versions()).Draw(t, "version").Kubernetes,
		Deployer:          role("deployer") + "0",
		ServiceCIDR:       rapid.SampledFrom([]string{"", "172.20.0.0/16", "192.168.0.0/20", "172.31.0.0/24"}).Draw(t, "services"),
		KeyRotationDays:   rapid.SampledFrom([]int{0, 90, 2560}).Draw(t, "rotation"),
		LogRetentionDays:  rapid.SampledFrom([]int{0, 90, 3653}).Draw(t, "retention"),
		IRSA:              rapid.Bool().Draw(t, "irsa"),
		GuardDuty:         rapid.Bool().Draw(t, "guardDuty"),
		Ephemeral:         rapid.Bool().Draw(t, "ephemeral"),
	}
	if rapid.Bool().Draw(t, "boundary") {
		cluster.PermissionsBoundary = "arn:" + spec.Partition(region) + ":iam::" + account + ":policy/boundary"
	}
	if rapid.Bool().Draw(t, "another administrator") {
		cluster.Administrators = []string{role("administrator") + "1"}
	}
	if cluster.Environment == "dev" && rapid.Bool().Draw(t, "public") {
		cluster.PublicCIDRs = []string{"203.0.113.0/24"}
	}
	if rapid.Bool().Draw(t, "own key") {
		cluster.SecretsKeyARN = fmt.Sprintf("arn:%s:kms:%s:%s:key/1-a", spec.Partition(region), region, account)
	}
	cluster.Network = drawNetwork(t, region)
	for i := range rapid.IntRange(0, 3).Draw(t, "groups") {
		cluster.NodeGroups = append(cluster.NodeGroups, drawGroup(t, i))
	}
	return cluster
}

func drawNetwork(t *rapid.T, region string) spec.Network {
	network := spec.Network{CIDR: rapid.SampledFrom([]string{"10.0.0.0/16", "10.250.0.0/18", "172.16.16.0/20"}).Draw(t, "cidr")}
	zones := []string{region + "a", region + "b", region + "c", region + "d"}[:rapid.IntRange(2, 4).Draw(t, "zones")]
	if !rapid.Bool().Draw(t, "given network") {
		network.Zones = zones
		network.Egress = rapid.SampledFrom([]spec.Egress{"", spec.EgressNone, spec.EgressNAT, spec.EgressNATPerZone}).Draw(t, "egress")
		return network
	}
	network.VPCID = pulumi.String("vpc-1")
	for i, zone := range zones {
		network.Subnets = append(network.Subnets, spec.Subnet{Zone: zone, ID: pulumi.Sprintf("subnet-%d", i)})
	}
	return network
}

func drawGroup(t *rapid.T, number int) spec.NodeGroup {
	group := spec.NodeGroup{
		Name:    fmt.Sprintf("group-%d", number),
		Min:     rapid.IntRange(1, 5).Draw(t, "min"),
		DiskGiB: rapid.IntRange(20, 500).Draw(t, "disk"),
		Spot:    rapid.Bool().Draw(t, "spot"),
		InstanceTypes: rapid.SampledFrom([][]string{nil, {"m7i.large"}, {"m7g.large", "c7gn.xlarge"}, {"r6i.large", "m5.xlarge"}}).
			Draw(t, "types"),
	}
	if rapid.Bool().Draw(t, "taint") {
		group.Taints = []spec.Taint{{Key: "dedicated", Value: "x", Effect: "NoExecute"}}
	}
	return group
}
