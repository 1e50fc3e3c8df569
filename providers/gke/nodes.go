package gke

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/gke/spec"
)

const (
	// imageType is Container-Optimized OS, whose root file system is read-only and checked.
	imageType = "COS_CONTAINERD"

	// cloudScope leaves it to the account's roles what nodes may do: scopes are the older way to say it.
	cloudScope = "https://www.googleapis.com/auth/cloud-platform"

	// podProcesses are the most that a pod may have.
	podProcesses = 4096
)

// makeNodes makes the node pools.
func (m *maker) makeNodes(
	control *container.Cluster, keys *keys, network *network, identity *identity,
) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	after := pulumi.DependsOn(slices.Concat(keys.grants, identity.rights, network.ready))
	for _, pool := range m.args.NodePools {
		nodes, err := container.NewNodePool(m.ctx, m.called("nodes-"+pool.Name), &container.NodePoolArgs{
			// With a fixed name a pool that must be replaced would go before the new one is there.
			NamePrefix: pulumi.String(pool.Name + "-"),
			Cluster:    control.ID().ToStringOutput(),
			Project:    m.project(), Location: m.region(),
			NodeLocations:    pulumi.ToStringArray(m.args.Zones),
			InitialNodeCount: pulumi.Int((pool.Min + len(m.args.Zones) - 1) / len(m.args.Zones)), // for each zone
			Autoscaling: &container.NodePoolAutoscalingArgs{
				TotalMinNodeCount: pulumi.Int(pool.Min), TotalMaxNodeCount: pulumi.Int(pool.Max), LocationPolicy: pulumi.String("BALANCED"),
			},
			Management:      &container.NodePoolManagementArgs{AutoRepair: pulumi.Bool(true), AutoUpgrade: pulumi.Bool(true)},
			UpgradeSettings: &container.NodePoolUpgradeSettingsArgs{MaxSurge: pulumi.Int(1), MaxUnavailable: pulumi.Int(0)},
			NetworkConfig:   &container.NodePoolNetworkConfigArgs{EnablePrivateNodes: pulumi.Bool(true)},
			NodeConfig:      m.nodeConfig(pool, keys, identity),
		}, m.child, after,
			pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "120m", Delete: "60m"}),
			// The autoscaler's to change, and the release channel's.
			pulumi.IgnoreChanges([]string{"initialNodeCount", "nodeCount", "version"}))
		if err != nil {
			return nil, fmt.Errorf("node pool %s: %w", pool.Name, err)
		}
		made = append(made, nodes)
	}
	return made, nil
}

// nodeConfig says what each node of a pool is like.
func (m *maker) nodeConfig(pool spec.NodePool, keys *keys, identity *identity) *container.NodePoolNodeConfigArgs {
	taints := container.NodePoolNodeConfigTaintArray{}
	for _, taint := range pool.Taints {
		taints = append(taints, &container.NodePoolNodeConfigTaintArgs{
			Key: pulumi.String(taint.Key), Value: pulumi.String(taint.Value), Effect: pulumi.String(taintEffects[taint.Effect]),
		})
	}
	return &container.NodePoolNodeConfigArgs{
		MachineType:    pulumi.String(pool.MachineType),
		ImageType:      pulumi.String(imageType),
		DiskSizeGb:     pulumi.Int(pool.DiskGiB),
		DiskType:       pulumi.String("pd-balanced"),
		BootDiskKmsKey: keys.disks,
		Spot:           pulumi.Bool(pool.Spot),
		ServiceAccount: identity.email,
		OauthScopes:    pulumi.ToStringArray([]string{cloudScope}),
		Metadata:       pulumi.StringMap{"disable-legacy-endpoints": pulumi.String("true")},
		ShieldedInstanceConfig: &container.NodePoolNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(true), EnableIntegrityMonitoring: pulumi.Bool(true),
		},
		// Pods that ask for the node's credentials get their own.
		WorkloadMetadataConfig: &container.NodePoolNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String("GKE_METADATA")},
		KubeletConfig: &container.NodePoolNodeConfigKubeletConfigArgs{
			CpuManagerPolicy: pulumi.String("none"), PodPidsLimit: pulumi.Int(podProcesses),
		},
		Labels:         pulumi.ToStringMap(maps.Clone(pool.Labels)),
		Taints:         taints,
		ResourceLabels: m.labels(),
	}
}

// taintEffects are those of Kubernetes as GKE writes them.
var taintEffects = map[string]string{
	"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE",
}
