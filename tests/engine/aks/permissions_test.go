package aks

import (
	"regexp"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud/suite"
)

// needs are from the reference of Azure's resource providers. A change is written as the resource is; joining and assigning
// are what Azure asks for on what a resource is connected to, and operations are how it tells how far it is.
var needs = map[string]suite.Needs{
	"azure-native:authorization/v20220401:RoleAssignment": {
		Create: []string{"Microsoft.Authorization/roleAssignments/write"},
		Read:   []string{"Microsoft.Authorization/roleAssignments/read"},
		Update: []string{"Microsoft.Authorization/roleAssignments/write"},
		Delete: []string{"Microsoft.Authorization/roleAssignments/delete"},
	},
	"azure-native:compute/v20231002:DiskEncryptionSet": {
		Create: []string{
			"Microsoft.Compute/diskEncryptionSets/write",
			"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
		},
		Read:   []string{"Microsoft.Compute/diskEncryptionSets/read", "Microsoft.Compute/locations/diskOperations/read"},
		Update: []string{"Microsoft.Compute/diskEncryptionSets/write"},
		Delete: []string{"Microsoft.Compute/diskEncryptionSets/delete"},
	},
	"azure-native:containerservice/v20240902preview:AgentPool": {
		Create: []string{
			"Microsoft.ContainerService/managedClusters/agentPools/write",
			"Microsoft.Network/virtualNetworks/subnets/join/action",
		},
		Read: []string{
			"Microsoft.ContainerService/managedClusters/agentPools/read",
			"Microsoft.ContainerService/locations/operations/read",
			"Microsoft.ContainerService/locations/operationresults/read",
		},
		Update: []string{"Microsoft.ContainerService/managedClusters/agentPools/write"},
		Delete: []string{"Microsoft.ContainerService/managedClusters/agentPools/delete"},
	},
	"azure-native:containerservice/v20240902preview:MaintenanceConfiguration": {
		Create: []string{"Microsoft.ContainerService/managedClusters/maintenanceConfigurations/write"},
		Read:   []string{"Microsoft.ContainerService/managedClusters/maintenanceConfigurations/read"},
		Update: []string{"Microsoft.ContainerService/managedClusters/maintenanceConfigurations/write"},
		Delete: []string{"Microsoft.ContainerService/managedClusters/maintenanceConfigurations/delete"},
	},
	"azure-native:containerservice/v20240902preview:ManagedCluster": {
		Create: []string{
			"Microsoft.ContainerService/managedClusters/write",
			"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
			"Microsoft.Network/virtualNetworks/subnets/join/action",
		},
		Read: []string{
			"Microsoft.ContainerService/managedClusters/read",
			"Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
			"Microsoft.ContainerService/locations/operations/read",
			"Microsoft.ContainerService/locations/operationresults/read",
		},
		Update: []string{"Microsoft.ContainerService/managedClusters/write"},
		Delete: []string{"Microsoft.ContainerService/managedClusters/delete"},
	},
	"azure-native:insights/v20210501preview:DiagnosticSetting": {
		Create: []string{
			"Microsoft.Insights/diagnosticSettings/write",
			"Microsoft.OperationalInsights/workspaces/sharedKeys/action",
		},
		Read:   []string{"Microsoft.Insights/diagnosticSettings/read"},
		Update: []string{"Microsoft.Insights/diagnosticSettings/write"},
		Delete: []string{"Microsoft.Insights/diagnosticSettings/delete"},
	},
	"azure-native:keyvault/v20230701:Key": {
		Create: []string{"Microsoft.KeyVault/vaults/keys/write"},
		Read:   []string{"Microsoft.KeyVault/vaults/keys/read"},
		Update: []string{"Microsoft.KeyVault/vaults/keys/write"},
	},
	"azure-native:keyvault/v20230701:Vault": {
		Create: []string{"Microsoft.KeyVault/vaults/write"},
		Read:   []string{"Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/locations/operationResults/read"},
		Update: []string{"Microsoft.KeyVault/vaults/write"},
		Delete: []string{"Microsoft.KeyVault/vaults/delete"},
	},
	"azure-native:managedidentity/v20230131:UserAssignedIdentity": {
		Create: []string{"Microsoft.ManagedIdentity/userAssignedIdentities/write"},
		Read:   []string{"Microsoft.ManagedIdentity/userAssignedIdentities/read"},
		Update: []string{"Microsoft.ManagedIdentity/userAssignedIdentities/write"},
		Delete: []string{"Microsoft.ManagedIdentity/userAssignedIdentities/delete"},
	},
	"azure-native:network/v20240501:NatGateway": {
		Create: []string{"Microsoft.Network/natGateways/write", "Microsoft.Network/publicIPAddresses/join/action"},
		Read: []string{
			"Microsoft.Network/natGateways/read",
			"Microsoft.Network/locations/operations/read",
			"Microsoft.Network/locations/operationResults/read",
		},
		Update: []string{"Microsoft.Network/natGateways/write"},
		Delete: []string{"Microsoft.Network/natGateways/delete"},
	},
	"azure-native:network/v20240501:NetworkSecurityGroup": {
		Create: []string{"Microsoft.Network/networkSecurityGroups/write"},
		Read: []string{
			"Microsoft.Network/networkSecurityGroups/read",
			"Microsoft.Network/locations/operations/read",
			"Microsoft.Network/locations/operationResults/read",
		},
		Update: []string{"Microsoft.Network/networkSecurityGroups/write"},
		Delete: []string{"Microsoft.Network/networkSecurityGroups/delete"},
	},
	"azure-native:network/v20240501:PublicIPAddress": {
		Create: []string{"Microsoft.Network/publicIPAddresses/write"},
		Read: []string{
			"Microsoft.Network/publicIPAddresses/read",
			"Microsoft.Network/locations/operations/read",
			"Microsoft.Network/locations/operationResults/read",
		},
		Update: []string{"Microsoft.Network/publicIPAddresses/write"},
		Delete: []string{"Microsoft.Network/publicIPAddresses/delete"},
	},
	"azure-native:network/v20240501:RouteTable": {
		Create: []string{"Microsoft.Network/routeTables/write"},
		Read: []string{
			"Microsoft.Network/routeTables/read",
			"Microsoft.Network/locations/operations/read",
			"Microsoft.Network/locations/operationResults/read",
		},
		Update: []string{"Microsoft.Network/routeTables/write"},
		Delete: []string{"Microsoft.Network/routeTables/delete"},
	},
	"azure-native:network/v20240501:VirtualNetwork": {
		Create: []string{
			"Microsoft.Network/virtualNetworks/write",
			"Microsoft.Network/networkSecurityGroups/join/action",
			"Microsoft.Network/natGateways/join/action",
			"Microsoft.Network/routeTables/join/action",
		},
		Read: []string{
			"Microsoft.Network/virtualNetworks/read",
			"Microsoft.Network/locations/operations/read",
			"Microsoft.Network/locations/operationResults/read",
		},
		Update: []string{"Microsoft.Network/virtualNetworks/write"},
		Delete: []string{"Microsoft.Network/virtualNetworks/delete"},
	},
	"azure-native:operationalinsights/v20230901:Workspace": {
		Create: []string{"Microsoft.OperationalInsights/workspaces/write"},
		Read: []string{
			"Microsoft.OperationalInsights/workspaces/read",
			"Microsoft.OperationalInsights/locations/operationStatuses/read",
		},
		Update: []string{"Microsoft.OperationalInsights/workspaces/write"},
		Delete: []string{"Microsoft.OperationalInsights/workspaces/delete"},
	},
	"azure-native:resources/v20240701:ResourceGroup": {
		Create: []string{"Microsoft.Resources/subscriptions/resourceGroups/write"},
		Read:   []string{"Microsoft.Resources/subscriptions/resourceGroups/read"},
		Update: []string{"Microsoft.Resources/subscriptions/resourceGroups/write"},
		Delete: []string{
			"Microsoft.Resources/subscriptions/resourceGroups/delete",
			"Microsoft.Resources/subscriptions/operationresults/read",
		},
	},
}

// TestTheDeployersRoleIsEnoughAndNoMore holds the role that docs/aks.md gives the deployer.
func TestTheDeployersRoleIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	ofAKS().Permissions(t, suite.Deployer{
		Document: "aks-deployer-role.json", Read: readRole, Needs: needs,
		Options: []string{"azure-native:network/v20240501:RouteTable"}, // the way out by a firewall
	})
}

// TestTheDeployerGivesTheseRolesAndNoOther holds the condition under which it may give roles.
func TestTheDeployerGivesTheseRolesAndNoOther(t *testing.T) {
	t.Parallel()
	ofAKS().Grants(t, "aks-deployer-condition.txt", regexp.MustCompile(`/roleDefinitions/([0-9a-f-]+)`),
		regexp.MustCompile(`\b([0-9a-f]{8}-[0-9a-f-]+)`))
}

func readRole(t *testing.T, document []byte) []string {
	t.Helper()
	var role struct {
		IsCustom                                         bool
		Actions, NotActions, DataActions, NotDataActions []string
	}
	suite.ReadJSON(t, document, &role)
	if !role.IsCustom {
		t.Error("the role is not a custom one")
	}
	// What is taken away from a role is taken away from nothing else, and nobody who makes a cluster reads what is in it.
	if rest := slices.Concat(role.NotActions, role.DataActions, role.NotDataActions); len(rest) > 0 {
		t.Errorf("the role has more than actions: %q", rest)
	}
	return role.Actions
}
