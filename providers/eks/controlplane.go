package eks

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// logTypes are all that a control plane of EKS writes.
var logTypes = []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}

// timeouts of a cluster. EKS takes ten minutes for most and has been seen to take half an hour; an upgrade takes longer.
var timeouts = pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "45m", Update: "90m", Delete: "45m"})

// makeControlPlane makes the cluster, after everything that must be there before it: its role with all rights, without
// which EKS leaves things behind; its key; its log group.
func (m *maker) makeControlPlane(roles map[string]*role, keys *keys, network *network) (*eks.Cluster, error) {
	logs, err := m.makeLogGroup(logsControlPlane, keys)
	if err != nil {
		return nil, err
	}
	version, _ := spec.Of(m.args.KubernetesVersion)
	placed := &eks.ClusterVpcConfigArgs{
		SubnetIds:             network.private,
		EndpointPrivateAccess: pulumi.Bool(true),
		EndpointPublicAccess:  pulumi.Bool(!m.args.Private()),
	}
	if !m.args.Private() {
		placed.PublicAccessCidrs = pulumi.ToStringArray(m.args.PublicCIDRs)
	}
	before := slices.Concat([]pulumi.Resource{logs}, roles[roleCluster].Rights, network.ready)
	made, err := eks.NewCluster(m.ctx, m.called("cluster"), &eks.ClusterArgs{
		Name:      pulumi.String(m.args.Name),
		RoleArn:   roles[roleCluster].Arn,
		Version:   pulumi.String(version.EKS()),
		VpcConfig: placed,
		EncryptionConfig: &eks.ClusterEncryptionConfigArgs{
			Resources: pulumi.ToStringArray([]string{"secrets"}),
			Provider:  &eks.ClusterEncryptionConfigProviderArgs{KeyArn: keys.secrets},
		},
		EnabledClusterLogTypes: pulumi.ToStringArray(logTypes),
		AccessConfig: &eks.ClusterAccessConfigArgs{
			AuthenticationMode:                      pulumi.String("API"),
			BootstrapClusterCreatorAdminPermissions: pulumi.Bool(false),
		},
		KubernetesNetworkConfig: &eks.ClusterKubernetesNetworkConfigArgs{
			ServiceIpv4Cidr: pulumi.String(m.args.ServiceCIDR), IpFamily: pulumi.String("ipv4"),
		},
		// Add-ons of EKS take their place: those that come with a cluster are nobody's to update.
		BootstrapSelfManagedAddons: pulumi.Bool(false),
		// At the end of its support a cluster is upgraded, and does not stay behind for money.
		UpgradePolicy: &eks.ClusterUpgradePolicyArgs{SupportType: pulumi.String("STANDARD")},
		Tags:          m.tags("cluster"),
	}, m.child, m.kept(), timeouts, pulumi.DependsOn(before))
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	if !m.args.IRSA {
		return made, nil
	}
	if _, err := iam.NewOpenIdConnectProvider(m.ctx, m.called("oidc"), &iam.OpenIdConnectProviderArgs{
		Url:           made.Identities.Index(pulumi.Int(0)).Oidcs().Index(pulumi.Int(0)).Issuer().Elem(),
		ClientIdLists: pulumi.ToStringArray([]string{"sts.amazonaws.com"}),
		Tags:          m.tags("oidc"),
	}, m.child); err != nil {
		return nil, fmt.Errorf("OIDC provider: %w", err)
	}
	return made, nil
}
