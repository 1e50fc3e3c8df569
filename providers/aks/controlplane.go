package aks

import (
	"fmt"
	"strings"

	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview"
	operationalinsights "github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2/v20230901"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/aks/spec"
)

// imageCleanerHours is how often images that no pod uses, and that have known faults, are taken off nodes: once a week.
const imageCleanerHours = 168

// timeouts of a cluster. AKS takes ten minutes for most and has been seen to take more than an hour.
var timeouts = pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "90m", Update: "120m", Delete: "60m"})

// makeControlPlane makes the cluster and its system pool, after everything that must be there before it: its identity with all
// rights, without which it does not start, and its keys.
func (m *maker) makeControlPlane(
	identities map[string]*identity, vault *vault, network *network, logs *operationalinsights.Workspace,
) (*containerservice.ManagedCluster, error) {
	version, _ := spec.Of(m.args.KubernetesVersion)
	cluster, kubelet := identities[identityCluster], identities[identityKubelet]
	made, err := containerservice.NewManagedCluster(m.ctx, m.called("cluster"), &containerservice.ManagedClusterArgs{
		ResourceName:      pulumi.String(m.args.Name),
		ResourceGroupName: m.group,
		Location:          m.location(),
		DnsPrefix:         pulumi.String(strings.ReplaceAll(m.args.Name, "_", "-")),
		KubernetesVersion: pulumi.String(version.AKS()),
		SupportPlan:       pulumi.String(containerservice.KubernetesSupportPlanKubernetesOfficial),
		// With the promise of an uptime, in every environment: without it a control plane is as large as for a try.
		Sku: &containerservice.ManagedClusterSKUArgs{
			Name: pulumi.String(containerservice.ManagedClusterSKUNameBase),
			Tier: pulumi.String(containerservice.ManagedClusterSKUTierStandard),
		},
		Identity: &containerservice.ManagedClusterIdentityArgs{
			Type:                   containerservice.ResourceIdentityTypeUserAssigned,
			UserAssignedIdentities: pulumi.StringArray{cluster.ID()},
		},
		IdentityProfile: containerservice.UserAssignedIdentityMap{"kubeletidentity": &containerservice.UserAssignedIdentityArgs{
			ResourceId: kubelet.ID(), ClientId: kubelet.ClientId, ObjectId: kubelet.PrincipalId,
		}},
		// What AKS makes for the nodes is changed by AKS only.
		NodeResourceGroupProfile: &containerservice.ManagedClusterNodeResourceGroupProfileArgs{
			RestrictionLevel: pulumi.String(containerservice.RestrictionLevelReadOnly),
		},
		ApiServerAccessProfile: m.apiServerAccess(network),
		DisableLocalAccounts:   pulumi.Bool(true),
		EnableRBAC:             pulumi.Bool(true),
		AadProfile: &containerservice.ManagedClusterAADProfileArgs{
			Managed:             pulumi.Bool(true),
			EnableAzureRBAC:     pulumi.Bool(true),
			TenantID:            pulumi.String(m.args.Tenant),
			AdminGroupObjectIDs: pulumi.ToStringArray(append([]string{m.args.AdminGroup}, m.args.Administrators...)),
		},
		OidcIssuerProfile:   &containerservice.ManagedClusterOIDCIssuerProfileArgs{Enabled: pulumi.Bool(true)},
		SecurityProfile:     m.security(vault, logs),
		DiskEncryptionSetID: vault.disks.ID(),
		StorageProfile: &containerservice.ManagedClusterStorageProfileArgs{
			DiskCSIDriver:      &containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs{Enabled: pulumi.Bool(true)},
			SnapshotController: &containerservice.ManagedClusterStorageProfileSnapshotControllerArgs{Enabled: pulumi.Bool(true)},
			// They reach storage accounts by shared keys.
			FileCSIDriver: &containerservice.ManagedClusterStorageProfileFileCSIDriverArgs{Enabled: pulumi.Bool(false)},
			BlobCSIDriver: &containerservice.ManagedClusterStorageProfileBlobCSIDriverArgs{Enabled: pulumi.Bool(false)},
		},
		NetworkProfile: m.networkProfile(),
		AddonProfiles: containerservice.ManagedClusterAddonProfileMap{
			"azurepolicy": &containerservice.ManagedClusterAddonProfileArgs{Enabled: pulumi.Bool(m.args.AzurePolicy)},
		},
		AutoUpgradeProfile: &containerservice.ManagedClusterAutoUpgradeProfileArgs{
			UpgradeChannel:       pulumi.String(containerservice.UpgradeChannelPatch),
			NodeOSUpgradeChannel: pulumi.String(containerservice.NodeOSUpgradeChannelNodeImage),
		},
		AgentPoolProfiles: containerservice.ManagedClusterAgentPoolProfileArray{m.systemPool(network)},
		Tags:              m.tags("cluster"),
	}, m.child, m.kept(), timeouts, pulumi.DependsOn(cluster.Rights),
		// The autoscaler's to change.
		pulumi.IgnoreChanges([]string{"agentPoolProfiles[0].count"}))
	if err != nil {
		return nil, fmt.Errorf("control plane: %w", err)
	}
	return made, nil
}

// apiServerAccess puts the API server into the network, where the key vault and the nodes can reach it without leaving it, and
// gives it no other address, or one for few.
func (m *maker) apiServerAccess(network *network) *containerservice.ManagedClusterAPIServerAccessProfileArgs {
	access := &containerservice.ManagedClusterAPIServerAccessProfileArgs{
		EnableVnetIntegration: pulumi.Bool(true),
		SubnetId:              network.apiServer,
		// Whoever may call Azure's API for the cluster would run commands in it as its administrator.
		DisableRunCommand:    pulumi.Bool(true),
		EnablePrivateCluster: pulumi.Bool(m.args.Private()),
	}
	if !m.args.Private() {
		access.AuthorizedIPRanges = pulumi.ToStringArray(m.args.PublicCIDRs)
		return access
	}
	access.PrivateDNSZone = pulumi.String("system") // which AKS makes, and links to the network
	access.EnablePrivateClusterPublicFQDN = pulumi.Bool(false)
	return access
}

func (m *maker) security(vault *vault, logs *operationalinsights.Workspace) *containerservice.ManagedClusterSecurityProfileArgs {
	security := &containerservice.ManagedClusterSecurityProfileArgs{
		AzureKeyVaultKms: &containerservice.AzureKeyVaultKmsArgs{
			Enabled:               pulumi.Bool(true),
			KeyId:                 vault.secrets.KeyUriWithVersion,
			KeyVaultNetworkAccess: pulumi.String(containerservice.KeyVaultNetworkAccessTypesPrivate),
			KeyVaultResourceId:    vault.ID(),
		},
		WorkloadIdentity: &containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs{Enabled: pulumi.Bool(true)},
		NodeRestriction:  &containerservice.ManagedClusterSecurityProfileNodeRestrictionArgs{Enabled: pulumi.Bool(true)},
		ImageCleaner: &containerservice.ManagedClusterSecurityProfileImageCleanerArgs{
			Enabled: pulumi.Bool(true), IntervalHours: pulumi.Int(imageCleanerHours),
		},
	}
	if m.args.Defender {
		security.Defender = &containerservice.ManagedClusterSecurityProfileDefenderArgs{
			LogAnalyticsWorkspaceResourceId: logs.ID(),
			SecurityMonitoring: &containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs{
				Enabled: pulumi.Bool(true),
			},
		}
	}
	return security
}

func (m *maker) networkProfile() *containerservice.ContainerServiceNetworkProfileArgs {
	out := containerservice.OutboundTypeUserAssignedNATGateway
	if m.args.Network.Egress == spec.EgressFirewall {
		out = containerservice.OutboundTypeUserDefinedRouting
	}
	return &containerservice.ContainerServiceNetworkProfileArgs{
		NetworkPlugin:     pulumi.String(containerservice.NetworkPluginAzure),
		NetworkPluginMode: pulumi.String(containerservice.NetworkPluginModeOverlay),
		NetworkDataplane:  pulumi.String(containerservice.NetworkDataplaneAzure),
		NetworkPolicy:     pulumi.String(containerservice.NetworkPolicyCalico),
		LoadBalancerSku:   pulumi.String(containerservice.LoadBalancerSkuStandard),
		OutboundType:      pulumi.String(out),
		PodCidr:           pulumi.String(m.args.Network.PodCIDR),
		ServiceCidr:       pulumi.String(m.args.ServiceCIDR),
		DnsServiceIP:      pulumi.String(m.args.DNSServiceIP()),
	}
}
