package eks

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// bottlerocketSettings are those of every node, beside the ones by which EKS joins it to the cluster: no containers by
// which people come in, a kernel that root cannot change, and what the baseline asks of kubelets.
const bottlerocketSettings = `[settings.host-containers.admin]
enabled = false
[settings.host-containers.control]
enabled = false
[settings.kernel]
lockdown = "integrity"
[settings.kubernetes]
pod-pids-limit = 4096
seccomp-default = true
server-tls-bootstrap = true
`

// systemDiskGiB is the size of the volume that Bottlerocket itself is on.
const systemDiskGiB = 4

// makeNodes makes the node groups, which need the network of pods to be there: a node without it does not become ready.
func (m *maker) makeNodes(
	control *eks.Cluster, roles map[string]*role, keys *keys, network *network, early []pulumi.Resource,
) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	after := pulumi.DependsOn(slices.Concat(roles[roleNode].Rights, early, network.ready))
	for _, group := range m.args.NodeGroups {
		template, err := m.makeTemplate(group, keys)
		if err != nil {
			return nil, err
		}
		nodes, err := m.makeNodeGroup(group, control, roles[roleNode], network, template, after)
		if err != nil {
			return nil, err
		}
		made = append(made, nodes)
	}
	return made, nil
}

// makeTemplate says what each node of a group is like.
func (m *maker) makeTemplate(group spec.NodeGroup, keys *keys) (*ec2.LaunchTemplate, error) {
	part := "nodes-" + group.Name
	args := &ec2.LaunchTemplateArgs{
		Name:                 pulumi.String(m.args.Name + "-" + group.Name),
		Description:          pulumi.String("Nodes of cluster " + m.args.Name),
		UpdateDefaultVersion: pulumi.Bool(true),
		UserData:             pulumi.String(base64.StdEncoding.EncodeToString([]byte(bottlerocketSettings))),
		MetadataOptions: &ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"),
			HttpTokens:   pulumi.String("required"),
			// An answer dies on the way into a pod: the credentials of a node stay on it.
			HttpPutResponseHopLimit: pulumi.Int(1),
			HttpProtocolIpv6:        pulumi.String("disabled"),
			InstanceMetadataTags:    pulumi.String("disabled"),
		},
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{
			disk("/dev/xvda", systemDiskGiB, keys), disk("/dev/xvdb", group.DiskGiB, keys),
		},
		Monitoring: &ec2.LaunchTemplateMonitoringArgs{Enabled: pulumi.Bool(true)},
		TagSpecifications: ec2.LaunchTemplateTagSpecificationArray{
			&ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String("instance"), Tags: m.tags(part)},
			&ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String("volume"), Tags: m.tags(part)},
		},
		Tags: m.tags(part),
	}
	if len(group.InstanceTypes) == 1 {
		// In the template it can be changed node by node; in the node group a change makes a new group.
		args.InstanceType = pulumi.String(group.InstanceTypes[0])
	}
	template, err := ec2.NewLaunchTemplate(m.ctx, m.called(part+"-template"), args, m.child)
	if err != nil {
		return nil, fmt.Errorf("launch template of node group %s: %w", group.Name, err)
	}
	return template, nil
}

func disk(device string, gib int, keys *keys) *ec2.LaunchTemplateBlockDeviceMappingArgs {
	return &ec2.LaunchTemplateBlockDeviceMappingArgs{
		DeviceName: pulumi.String(device),
		Ebs: &ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
			Encrypted:           pulumi.String("true"),
			KmsKeyId:            keys.volumes,
			VolumeType:          pulumi.String("gp3"),
			VolumeSize:          pulumi.Int(gib),
			DeleteOnTermination: pulumi.String("true"),
		},
	}
}

func (m *maker) makeNodeGroup(
	group spec.NodeGroup, control *eks.Cluster, role *role, network *network, template *ec2.LaunchTemplate,
	after pulumi.ResourceOption,
) (*eks.NodeGroup, error) {
	version, _ := spec.Of(m.args.KubernetesVersion)
	const unavailablePercent = 33
	args := &eks.NodeGroupArgs{
		ClusterName: control.Name,
		// With a fixed name a group that must be replaced would go before the new one is there.
		NodeGroupNamePrefix: pulumi.String(group.Name + "-"),
		NodeRoleArn:         role.Arn,
		SubnetIds:           network.private,
		AmiType:             pulumi.String(amiType(group)),
		CapacityType:        pulumi.String(capacityType(group)),
		Version:             pulumi.String(version.EKS()),
		LaunchTemplate: &eks.NodeGroupLaunchTemplateArgs{
			Id: template.ID(), Version: pulumi.Sprintf("%d", template.LatestVersion),
		},
		ScalingConfig: &eks.NodeGroupScalingConfigArgs{
			MinSize: pulumi.Int(group.Min), MaxSize: pulumi.Int(group.Max), DesiredSize: pulumi.Int(group.Desired),
		},
		UpdateConfig:     &eks.NodeGroupUpdateConfigArgs{MaxUnavailablePercentage: pulumi.Int(unavailablePercent)},
		NodeRepairConfig: &eks.NodeGroupNodeRepairConfigArgs{Enabled: pulumi.Bool(true)},
		Labels:           pulumi.ToStringMap(maps.Clone(group.Labels)),
		Tags:             m.tags("nodes-" + group.Name),
	}
	if len(group.InstanceTypes) > 1 {
		args.InstanceTypes = pulumi.ToStringArray(group.InstanceTypes)
	}
	taints := eks.NodeGroupTaintArray{}
	for _, taint := range group.Taints {
		taints = append(taints, &eks.NodeGroupTaintArgs{
			Key: pulumi.String(taint.Key), Value: pulumi.String(taint.Value), Effect: pulumi.String(taintEffects[taint.Effect]),
		})
	}
	args.Taints = taints
	// Not DeletedWith the cluster: EKS refuses to delete one that still has nodes.
	made, err := eks.NewNodeGroup(m.ctx, m.called("nodes-"+group.Name), args, m.child, after,
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "120m", Delete: "60m"}),
		// An autoscaler's to change.
		pulumi.IgnoreChanges([]string{"scalingConfig.desiredSize"}))
	if err != nil {
		return nil, fmt.Errorf("node group %s: %w", group.Name, err)
	}
	return made, nil
}

// taintEffects are those of Kubernetes as EKS writes them.
var taintEffects = map[string]string{
	"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE",
}

func amiType(group spec.NodeGroup) string {
	if group.ARM() {
		return "BOTTLEROCKET_ARM_64"
	}
	return "BOTTLEROCKET_x86_64"
}

func capacityType(group spec.NodeGroup) string {
	if group.Spot {
		return "SPOT"
	}
	return "ON_DEMAND"
}
