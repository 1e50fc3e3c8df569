package provider

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const azureModule = "github.com/pulumi/pulumi-azure-native-sdk/"

// AzureSubscription is the one in which recorded resources of Azure stand.
const AzureSubscription = "11111111-2222-3333-4444-555555555555"

// Types of resources that more is made up of than a name.
const (
	azureCluster  = "azure-native:containerservice/v20240902preview:ManagedCluster"
	azureKey      = "azure-native:keyvault/v20230701:Key"
	azureIdentity = "azure-native:managedidentity/v20230131:UserAssignedIdentity"
	azurePool     = "azure-native:containerservice/v20240902preview:AgentPool"
	azureWindow   = "azure-native:containerservice/v20240902preview:MaintenanceConfiguration"
)

// azure is pulumi-azure-native v2.
func azure() kind {
	return kind{
		version: "2.90.0",
		source: func(module string) (string, string) {
			if module == "" {
				return azureModule + "v2", ""
			}
			name, version, _ := strings.Cut(module, "/")
			return azureModule + name + "/v2", version
		},
		versioned: true,
		// The documentation in the SDK does not say it; Azure cannot change them.
		replaced: map[string][]string{
			azureCluster: {"resourceGroupName", "resourceName", "location", "dnsPrefix"},
			azurePool: {
				"resourceGroupName", "resourceName", "agentPoolName", "vmSize", "osType", "osDiskSizeGB", "vnetSubnetID",
				"availabilityZones", "scaleSetPriority", "enableFIPS",
			},
			"azure-native:keyvault/v20230701:Vault": {"resourceGroupName", "vaultName", "location"},
			azureKey:                                {"resourceGroupName", "vaultName", "keyName"},
			"azure-native:resources/v20240701:ResourceGroup":       {"resourceGroupName", "location"},
			"azure-native:network/v20240501:VirtualNetwork":        {"resourceGroupName", "virtualNetworkName", "location"},
			"azure-native:operationalinsights/v20230901:Workspace": {"resourceGroupName", "workspaceName", "location"},
			azureIdentity: {"resourceGroupName", "resourceName", "location"},
			"azure-native:authorization/v20220401:RoleAssignment":      {"principalId", "roleDefinitionId", "scope"},
			"azure-native:insights/v20210501preview:DiagnosticSetting": {"resourceUri", "name"},
		},
		answer: answerAzure,
		functions: map[string]func(Settings) map[string]any{
			"azure-native:containerservice/v20240902preview:listManagedClusterUserCredentials": answerCredentials,
		},
	}
}

// clusterType is how Azure calls a cluster.
const clusterType = "Microsoft.ContainerService/managedClusters"

// azureTypes are what identifiers say of a type of resource, and by which input it is named.
var azureTypes = map[string]struct{ path, name string }{
	"azure-native:resources/v20240701:ResourceGroup": {"", "resourceGroupName"},
	azureCluster:                            {clusterType, "resourceName"},
	azurePool:                               {clusterType + "/agentPools", "agentPoolName"},
	azureWindow:                             {clusterType + "/maintenanceConfigurations", "configName"},
	"azure-native:keyvault/v20230701:Vault": {"Microsoft.KeyVault/vaults", "vaultName"},
	azureKey:                                {"Microsoft.KeyVault/vaults/keys", "keyName"},
	"azure-native:compute/v20231002:DiskEncryptionSet": {"Microsoft.Compute/diskEncryptionSets", "diskEncryptionSetName"},
	azureIdentity: {"Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName"},
	"azure-native:network/v20240501:VirtualNetwork":        {"Microsoft.Network/virtualNetworks", "virtualNetworkName"},
	"azure-native:network/v20240501:NetworkSecurityGroup":  {"Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName"},
	"azure-native:network/v20240501:NatGateway":            {"Microsoft.Network/natGateways", "natGatewayName"},
	"azure-native:network/v20240501:PublicIPAddress":       {"Microsoft.Network/publicIPAddresses", "publicIpAddressName"},
	"azure-native:network/v20240501:RouteTable":            {"Microsoft.Network/routeTables", "routeTableName"},
	"azure-native:operationalinsights/v20230901:Workspace": {"Microsoft.OperationalInsights/workspaces", "workspaceName"},
	"azure-native:storage/v20240101:StorageAccount":        {"Microsoft.Storage/storageAccounts", "accountName"},
	"azure-native:storage/v20240101:BlobContainer": {
		"Microsoft.Storage/storageAccounts/blobServices/containers", "containerName",
	},
}

// answerAzure gives names, identifiers and the parts of a cluster that others are made of.
func answerAzure(made *resourceMade) {
	known, named := azureTypes[made.Type]
	if name := made.text(resource.PropertyKey(known.name)); named && name != "" {
		made.set("name", name)
		made.ID = "/subscriptions/" + AzureSubscription + "/resourceGroups/" + made.text("resourceGroupName")
		if known.path != "" {
			made.ID += "/providers/" + known.path + "/" + name
		}
	}
	switch made.Type {
	case azureKey:
		uri := "https://" + made.text("vaultName") + ".vault.azure.net/keys/" + made.text("keyName")
		made.set("keyUri", uri)
		made.set("keyUriWithVersion", uri+"/"+made.digits(32))
	case azureIdentity:
		for _, output := range []resource.PropertyKey{"clientId", "principalId", "tenantId"} {
			sum := digits(string(output)+made.Name, 32)
			made.set(output, strings.Join([]string{sum[:8], sum[8:12], sum[12:16], sum[16:20], sum[20:]}, "-"))
		}
	case azureCluster:
		if profile := made.Inputs["oidcIssuerProfile"]; profile.IsObject() {
			completed := profile.ObjectValue().Copy()
			issuer := "https://" + made.text("location") + ".oic.prod-aks.azure.com/" + made.digits(32) + "/"
			completed["issuerURL"] = property(issuer)
			made.Outputs["oidcIssuerProfile"] = property(completed)
		}
	}
}

// answerCredentials is a kubeconfig as AKS hands it out, of which the address and the authority are those of the stand-in.
func answerCredentials(settings Settings) map[string]any {
	authority := base64.StdEncoding.EncodeToString([]byte(settings.CertificateAuthority))
	kubeconfig, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config",
		"clusters": []any{map[string]any{"name": "cluster", "cluster": map[string]any{
			"server": settings.Endpoint, "certificate-authority-data": authority,
		}}},
	})
	if err != nil {
		panic(err) // of text and maps of text
	}
	return map[string]any{"kubeconfigs": []any{
		map[string]any{"name": "clusterUser", "value": base64.StdEncoding.EncodeToString(kubeconfig)},
	}}
}
