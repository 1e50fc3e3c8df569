package aks

import (
	"fmt"

	insights "github.com/pulumi/pulumi-azure-native-sdk/insights/v2/v20210501preview"
	operationalinsights "github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2/v20230901"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var (
	// clusterLogs are all that a control plane of AKS writes about who did what, and what became of it. kube-audit has what
	// kube-audit-admin has, and reads beside; guard is who was let in by Entra ID, and who was not.
	clusterLogs = []string{
		"kube-apiserver", "kube-audit", "kube-controller-manager", "kube-scheduler", "cluster-autoscaler",
		"cloud-controller-manager", "guard", "csi-azuredisk-controller",
	}

	// vaultLogs are every use of a key, and every refusal.
	vaultLogs = []string{"AuditEvent"}
)

// makeWorkspace makes where logs are kept, before anything writes them.
func (m *maker) makeWorkspace() (*operationalinsights.Workspace, error) {
	made, err := operationalinsights.NewWorkspace(m.ctx, m.called("logs"), &operationalinsights.WorkspaceArgs{
		WorkspaceName:     m.named("logs"),
		ResourceGroupName: m.group,
		Location:          m.location(),
		Sku: &operationalinsights.WorkspaceSkuArgs{
			Name: pulumi.String(operationalinsights.WorkspaceSkuNameEnumPerGB2018),
		},
		RetentionInDays:             pulumi.Int(m.args.LogRetentionDays),
		PublicNetworkAccessForQuery: publicAccess(m.args.PublicLogQueries),
		// What Azure itself sends of its resources does not come by the public address. What runs on nodes does, and of that
		// only the sensor of Defender writes here.
		PublicNetworkAccessForIngestion: publicAccess(m.args.Defender),
		Features: &operationalinsights.WorkspaceFeaturesArgs{
			// No shared key writes logs that nobody has sent.
			DisableLocalAuth: pulumi.Bool(true),
			// Who may read the cluster's logs is said of the workspace, not by who may see the cluster.
			EnableLogAccessUsingOnlyResourcePermissions: pulumi.Bool(false),
		},
		Tags: m.tags("logs"),
	}, m.child, m.kept(), m.retained())
	if err != nil {
		return nil, fmt.Errorf("log workspace: %w", err)
	}
	return made, nil
}

func publicAccess(open bool) pulumi.String {
	if open {
		return pulumi.String(operationalinsights.PublicNetworkAccessTypeEnabled)
	}
	return pulumi.String(operationalinsights.PublicNetworkAccessTypeDisabled)
}

// watch sends logs of a resource to the workspace. Azure keeps nothing of them without. A setting is not a part of what it
// watches: it would be there again for the next one of the same name, so that it is deleted first.
func (m *maker) watch(
	part string, resource pulumi.StringInput, to *operationalinsights.Workspace, categories []string,
) (pulumi.Resource, error) {
	logs := insights.LogSettingsArray{}
	for _, category := range categories {
		logs = append(logs, &insights.LogSettingsArgs{Category: pulumi.String(category), Enabled: pulumi.Bool(true)})
	}
	made, err := insights.NewDiagnosticSetting(m.ctx, m.called(part+"-logs"), &insights.DiagnosticSettingArgs{
		Name:        m.named(part + "-logs"),
		ResourceUri: resource,
		WorkspaceId: to.ID(),
		// Tables of their own, in which each column has a name and each table its rights.
		LogAnalyticsDestinationType: pulumi.String("Dedicated"),
		Logs:                        logs,
	}, m.child)
	if err != nil {
		return nil, fmt.Errorf("logs of %s: %w", part, err)
	}
	return made, nil
}
