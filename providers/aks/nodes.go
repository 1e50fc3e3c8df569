package aks

import (
	"fmt"
	"maps"
	"strconv"

	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/aks/spec"
)

// podProcesses is how many processes a pod may have.
const podProcesses = 4096

// systemPool is the first pool, which a cluster is made with.
func (m *maker) systemPool(network *network) *containerservice.ManagedClusterAgentPoolProfileArgs {
	pool, version := m.args.NodePools[0], m.minorVersion()
	return &containerservice.ManagedClusterAgentPoolProfileArgs{
		Name:                   pulumi.String(pool.Name),
		Mode:                   pulumi.String(containerservice.AgentPoolModeSystem),
		Type:                   pulumi.String(containerservice.AgentPoolTypeVirtualMachineScaleSets),
		OrchestratorVersion:    version,
		VmSize:                 pulumi.String(pool.VMSize),
		OsType:                 pulumi.String(containerservice.OSTypeLinux),
		OsSKU:                  pulumi.String(containerservice.OSSKUAzureLinux),
		OsDiskType:             pulumi.String(containerservice.OSDiskTypeManaged),
		OsDiskSizeGB:           pulumi.Int(pool.DiskGiB),
		EnableEncryptionAtHost: pulumi.Bool(true),
		EnableFIPS:             pulumi.Bool(m.args.FIPS),
		EnableNodePublicIP:     pulumi.Bool(false),
		SecurityProfile:        nodeSecurity(),
		KubeletConfig:          kubelet(),
		EnableAutoScaling:      pulumi.Bool(true),
		MinCount:               pulumi.Int(pool.Min),
		MaxCount:               pulumi.Int(pool.Max),
		Count:                  pulumi.Int(pool.Min), // where it starts
		AvailabilityZones:      zones(pool),
		VnetSubnetID:           network.nodes,
		NodeLabels:             pulumi.ToStringMap(maps.Clone(pool.Labels)),
		UpgradeSettings:        upgrades(),
		Tags:                   m.tags("nodes-" + pool.Name),
	}
}

// makeNodePools makes all pools but the first. They are no part of the cluster's own resource, so that a change of one is none of
// the cluster.
func (m *maker) makeNodePools(control *containerservice.ManagedCluster, network *network) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	for _, pool := range m.args.NodePools[1:] {
		args := &containerservice.AgentPoolArgs{
			AgentPoolName:          pulumi.String(pool.Name),
			ResourceName:           control.Name,
			ResourceGroupName:      m.group,
			Mode:                   pulumi.String(containerservice.AgentPoolModeUser),
			Type:                   pulumi.String(containerservice.AgentPoolTypeVirtualMachineScaleSets),
			OrchestratorVersion:    m.minorVersion(),
			VmSize:                 pulumi.String(pool.VMSize),
			OsType:                 pulumi.String(containerservice.OSTypeLinux),
			OsSKU:                  pulumi.String(containerservice.OSSKUAzureLinux),
			OsDiskType:             pulumi.String(containerservice.OSDiskTypeManaged),
			OsDiskSizeGB:           pulumi.Int(pool.DiskGiB),
			EnableEncryptionAtHost: pulumi.Bool(true),
			EnableFIPS:             pulumi.Bool(m.args.FIPS),
			EnableNodePublicIP:     pulumi.Bool(false),
			SecurityProfile:        nodeSecurity(),
			KubeletConfig:          kubelet(),
			EnableAutoScaling:      pulumi.Bool(true),
			MinCount:               pulumi.Int(pool.Min),
			MaxCount:               pulumi.Int(pool.Max),
			Count:                  pulumi.Int(pool.Min),
			AvailabilityZones:      zones(pool),
			VnetSubnetID:           network.nodes,
			NodeLabels:             pulumi.ToStringMap(maps.Clone(pool.Labels)),
			NodeTaints:             taints(pool),
			Tags:                   m.tags("nodes-" + pool.Name),
		}
		if pool.Spot {
			args.ScaleSetPriority = pulumi.String(containerservice.ScaleSetPrioritySpot)
			args.ScaleSetEvictionPolicy = pulumi.String(containerservice.ScaleSetEvictionPolicyDelete)
		} else {
			args.UpgradeSettings = upgrades() // which AKS takes none of for spot
		}
		resource, err := containerservice.NewAgentPool(m.ctx, m.called("nodes-"+pool.Name), args, m.child, timeouts,
			pulumi.DeletedWith(control), pulumi.IgnoreChanges([]string{"count"}))
		if err != nil {
			return nil, fmt.Errorf("node pool %s: %w", pool.Name, err)
		}
		made = append(made, resource)
	}
	return made, nil
}

func (m *maker) minorVersion() pulumi.String {
	version, _ := spec.Of(m.args.KubernetesVersion)
	return pulumi.String(version.AKS())
}

// nodeSecurity starts nodes from measured, signed code only, and lets nobody in by SSH.
func nodeSecurity() *containerservice.AgentPoolSecurityProfileArgs {
	return &containerservice.AgentPoolSecurityProfileArgs{
		EnableSecureBoot: pulumi.Bool(true),
		EnableVTPM:       pulumi.Bool(true),
		SshAccess:        pulumi.String(containerservice.AgentPoolSSHAccessDisabled),
	}
}

func kubelet() *containerservice.KubeletConfigArgs {
	return &containerservice.KubeletConfigArgs{
		PodMaxPids:     pulumi.Int(podProcesses),
		SeccompDefault: pulumi.String(containerservice.SeccompDefaultRuntimeDefault),
		FailSwapOn:     pulumi.Bool(true),
	}
}

// upgrades takes a third of the nodes at a time, beside the old ones, and gives pods half an hour to go.
func upgrades() *containerservice.AgentPoolUpgradeSettingsArgs {
	const drainMinutes = 30
	return &containerservice.AgentPoolUpgradeSettingsArgs{
		MaxSurge: pulumi.String("33%"), DrainTimeoutInMinutes: pulumi.Int(drainMinutes),
	}
}

func zones(pool spec.NodePool) pulumi.StringArray {
	var named pulumi.StringArray
	for _, zone := range pool.Zones {
		named = append(named, pulumi.String(strconv.Itoa(zone)))
	}
	return named
}

func taints(pool spec.NodePool) pulumi.StringArray {
	written := pulumi.StringArray{}
	for _, taint := range pool.Taints {
		written = append(written, pulumi.String(taint.Key+"="+taint.Value+":"+taint.Effect))
	}
	if pool.Spot {
		// AKS puts it on such nodes in any case, and would be asked to take it off.
		written = append(written, pulumi.String("kubernetes.azure.com/scalesetpriority=spot:NoSchedule"))
	}
	return written
}
