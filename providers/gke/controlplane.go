package gke

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// timeouts of a cluster. GKE takes five minutes for most; an upgrade takes longer.
var timeouts = pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "45m", Update: "90m", Delete: "45m"})

// makeControlPlane makes the cluster, after everything that must be there before it: the right to use its key, its log
// bucket, its nodes' account.
func (m *maker) makeControlPlane(
	keys *keys, network *network, logs []pulumi.Resource, identity *identity,
) (*container.Cluster, error) {
	args := &container.ClusterArgs{
		Name: pulumi.String(m.args.Name), Project: m.project(), Location: m.region(),
		NodeLocations:    pulumi.ToStringArray(m.args.Zones),
		MinMasterVersion: pulumi.String(m.args.GKEVersion()),
		ReleaseChannel:   &container.ClusterReleaseChannelArgs{Channel: pulumi.String(string(m.args.Channel))},

		// Pools of our own take the place of the one that a cluster starts with, and must not change when it does.
		RemoveDefaultNodePool: pulumi.Bool(true),
		InitialNodeCount:      pulumi.Int(1),
		NodeConfig:            firstNodes(keys, identity),
		EnableShieldedNodes:   pulumi.Bool(true),

		DatabaseEncryption: &container.ClusterDatabaseEncryptionArgs{State: pulumi.String("ENCRYPTED"), KeyName: keys.secrets},
		WorkloadIdentityConfig: &container.ClusterWorkloadIdentityConfigArgs{
			WorkloadPool: pulumi.String(m.args.Project + ".svc.id.goog"),
		},
		BinaryAuthorization: &container.ClusterBinaryAuthorizationArgs{
			EvaluationMode: pulumi.String("PROJECT_SINGLETON_POLICY_ENFORCE"),
		},
		SecurityPostureConfig: &container.ClusterSecurityPostureConfigArgs{
			Mode: pulumi.String("BASIC"), VulnerabilityMode: pulumi.String("VULNERABILITY_BASIC"),
		},
		LoggingConfig:    &container.ClusterLoggingConfigArgs{EnableComponents: pulumi.ToStringArray(logComponents)},
		MonitoringConfig: &container.ClusterMonitoringConfigArgs{EnableComponents: pulumi.ToStringArray(metricComponents)},

		// Nobody comes by a certificate or a password, and no role is had but by RBAC and IAM.
		MasterAuth: &container.ClusterMasterAuthArgs{
			ClientCertificateConfig: &container.ClusterMasterAuthClientCertificateConfigArgs{IssueClientCertificate: pulumi.Bool(false)},
		},
		EnableLegacyAbac: pulumi.Bool(false),

		EnableKubernetesAlpha: pulumi.Bool(false),
		ResourceLabels:        m.labels(),
		// The second lock beside Pulumi's own: it holds against the console, too.
		DeletionProtection: pulumi.Bool(!m.args.Ephemeral),
	}
	m.place(args, network)
	m.maintain(args)
	if m.args.SecurityDomain != "" {
		args.AuthenticatorGroupsConfig = &container.ClusterAuthenticatorGroupsConfigArgs{
			SecurityGroup: pulumi.String("gke-security-groups@" + m.args.SecurityDomain),
		}
	}
	before := slices.Concat(keys.grants, logs, identity.rights, network.ready)
	made, err := container.NewCluster(m.ctx, m.called("cluster"), args, m.child, m.kept(), timeouts, pulumi.DependsOn(before),
		// Of the nodes that it starts with, which are gone by then.
		pulumi.IgnoreChanges([]string{"nodeConfig", "initialNodeCount"}))
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	return made, nil
}

// place puts the cluster into its network, and says who reaches it there.
func (m *maker) place(args *container.ClusterArgs, network *network) {
	args.Network, args.Subnetwork = network.id, network.subnetwork
	args.NetworkingMode = pulumi.String("VPC_NATIVE")
	args.IpAllocationPolicy = &container.ClusterIpAllocationPolicyArgs{
		ClusterSecondaryRangeName: pulumi.String(network.podRange), ServicesSecondaryRangeName: pulumi.String(network.serviceRange),
	}
	args.PrivateClusterConfig = &container.ClusterPrivateClusterConfigArgs{
		EnablePrivateNodes:       pulumi.Bool(true),
		EnablePrivateEndpoint:    pulumi.Bool(m.args.Private()),
		MasterIpv4CidrBlock:      pulumi.String(m.args.ControlPlaneCIDR),
		MasterGlobalAccessConfig: &container.ClusterPrivateClusterConfigMasterGlobalAccessConfigArgs{Enabled: pulumi.Bool(false)},
	}
	// Even if it is empty: without it, everybody in the network would reach the API server.
	authorized := container.ClusterMasterAuthorizedNetworksConfigCidrBlockArray{}
	for _, cidr := range slices.Concat(m.args.AuthorizedCIDRs, m.args.PublicCIDRs) {
		authorized = append(authorized, &container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs{CidrBlock: pulumi.String(cidr)})
	}
	args.MasterAuthorizedNetworksConfig = &container.ClusterMasterAuthorizedNetworksConfigArgs{
		CidrBlocks: authorized, GcpPublicCidrsAccessEnabled: pulumi.Bool(false),
	}
	args.EnableIntranodeVisibility = pulumi.Bool(true)
	args.ServiceExternalIpsConfig = &container.ClusterServiceExternalIpsConfigArgs{Enabled: pulumi.Bool(false)}
	if m.args.Calico {
		args.DatapathProvider = pulumi.String("LEGACY_DATAPATH")
		args.NetworkPolicy = &container.ClusterNetworkPolicyArgs{Enabled: pulumi.Bool(true), Provider: pulumi.String("CALICO")}
		args.AddonsConfig = &container.ClusterAddonsConfigArgs{
			NetworkPolicyConfig: &container.ClusterAddonsConfigNetworkPolicyConfigArgs{Disabled: pulumi.Bool(false)},
		}
		return
	}
	args.DatapathProvider = pulumi.String("ADVANCED_DATAPATH")
}

// maintain says when Google may upgrade.
func (m *maker) maintain(args *container.ClusterArgs) {
	start, end, recurrence := m.args.Maintenance.Window()
	args.MaintenancePolicy = &container.ClusterMaintenancePolicyArgs{
		RecurringWindow: &container.ClusterMaintenancePolicyRecurringWindowArgs{
			StartTime: pulumi.String(start), EndTime: pulumi.String(end), Recurrence: pulumi.String(recurrence),
		},
	}
}

// firstNodes are those that a cluster starts with for a minute: not even they have more rights, or less of a lock, than
// those that follow.
func firstNodes(keys *keys, identity *identity) *container.ClusterNodeConfigArgs {
	return &container.ClusterNodeConfigArgs{
		ServiceAccount: identity.email,
		OauthScopes:    pulumi.ToStringArray([]string{cloudScope}),
		ImageType:      pulumi.String(imageType),
		BootDiskKmsKey: keys.disks,
		Metadata:       pulumi.StringMap{"disable-legacy-endpoints": pulumi.String("true")},
		ShieldedInstanceConfig: &container.ClusterNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(true), EnableIntegrityMonitoring: pulumi.Bool(true),
		},
		WorkloadMetadataConfig: &container.ClusterNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String("GKE_METADATA")},
	}
}
