package aks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/providers/aks/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/aks/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

func TestMain(m *testing.M) { property.Main(m, property.Made) }

// TestInvariantsOfAnyCluster: private, encrypted, logged, with least privilege, whatever was asked for.
func TestInvariantsOfAnyCluster(t *testing.T) {
	t.Parallel()
	property.Kept(t, anycluster.Draw, makeAny, invariants)
}

// TestInvariantsAreSeenToBreak, each in every way that it names.
func TestInvariantsAreSeenToBreak(t *testing.T) {
	t.Parallel()
	cluster := *good()
	cluster.NodePools = []spec.NodePool{{Name: "system"}, {Name: "work"}}
	property.Seen(t, cluster, makeAny, invariants)
}

func makeAny(cluster *spec.Cluster) (*mock.Engine, error) {
	made, _, err := newCluster(cluster)
	return made, err
}

type values = map[string]any

var invariants = map[string]property.Invariant[spec.Cluster]{
	"private": {Faults: private, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"apiServerAccessProfile": values{"enablePrivateCluster": false}}),
		property.In("blue-cluster", values{"apiServerAccessProfile": values{"enablePrivateClusterPublicFQDN": true}}),
		property.In("blue-cluster", values{"apiServerAccessProfile": values{"disableRunCommand": false}}),
		property.In("blue-cluster", values{"apiServerAccessProfile": values{"enableVnetIntegration": false}}),
		property.In("blue-cluster", values{"apiServerAccessProfile": values{"authorizedIPRanges": []any{"0.0.0.0/0"}}}),
		property.In("blue-cluster", values{"agentPoolProfiles": []any{values{"enableNodePublicIP": true}}}),
		property.In("blue-nodes-work", values{"enableNodePublicIP": true}),
		property.In("blue-closed", values{"securityRules": []any{values{"access": "Allow"}}}),
		property.In("blue-network", values{"subnets": []any{values{"name": "nodes", "defaultOutboundAccess": true}}}),
		property.In("blue-vault", values{"properties": values{"publicNetworkAccess": "Enabled"}}),
		property.In("blue-vault", values{"properties": values{"networkAcls": values{"defaultAction": "Allow"}}}),
		property.In("blue-logs", values{"publicNetworkAccessForQuery": "Enabled"}),
		property.In("blue-logs", values{"publicNetworkAccessForQuery": nil}),
		property.In("blue-logs", values{"publicNetworkAccessForIngestion": "Enabled"}),
	}},
	"encrypted": {Faults: encrypted, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"securityProfile": values{"azureKeyVaultKms": values{"enabled": false}}}),
		property.In("blue-cluster", values{"securityProfile": values{"azureKeyVaultKms": values{"keyVaultNetworkAccess": "Public"}}}),
		property.In("blue-cluster", values{"diskEncryptionSetID": nil}),
		property.In("blue-cluster", values{"agentPoolProfiles": []any{values{"enableEncryptionAtHost": false}}}),
		property.In("blue-nodes-work", values{"enableEncryptionAtHost": false}),
		property.In("blue-vault", values{"properties": values{"enablePurgeProtection": false}}),
		property.In("blue-secrets-key", values{"properties": values{"kty": "RSA"}}),
		property.In("blue-disks-key", values{"properties": values{"attributes": values{"exportable": true}}}),
		property.In("blue-disks-key", values{"properties": values{"rotationPolicy": values{"lifetimeActions": []any{}}}}),
		property.In("blue-disks", values{"rotationToLatestKeyVersionEnabled": false}),
	}},
	"logged": {Faults: logged, Sabotage: []property.Sabotage{
		property.In("blue-cluster-logs", values{"logs": []any{values{"category": "kube-audit", "enabled": true}}}),
		property.In("blue-cluster-logs", values{"workspaceId": "elsewhere"}),
		property.In("blue-cluster-logs", values{"resourceUri": "something-else"}),
		property.In("blue-vault-logs", values{"logs": []any{values{"category": "AuditEvent", "enabled": false}}}),
		property.In("blue-logs", values{"retentionInDays": 30}),
		property.In("blue-logs", values{"features": values{"disableLocalAuth": false}}),
	}},
	"least privilege": {Faults: leastPrivilege, Sabotage: []property.Sabotage{
		property.In("blue-cluster", values{"disableLocalAccounts": false}),
		property.In("blue-cluster", values{"enableRBAC": false}),
		property.In("blue-cluster", values{"aadProfile": values{"enableAzureRBAC": false}}),
		property.In("blue-cluster", values{"aadProfile": values{"adminGroupObjectIDs": []any{testGroup, testTenant}}}),
		property.In("blue-cluster", values{"nodeResourceGroupProfile": values{"restrictionLevel": "Unrestricted"}}),
		property.In("blue-cluster", values{"agentPoolProfiles": []any{values{"securityProfile": values{"sshAccess": "LocalUser"}}}}),
		property.In("blue-nodes-work", values{"securityProfile": values{"sshAccess": "LocalUser"}}),
		property.In("blue-nodes-work", values{"securityProfile": values{"enableSecureBoot": false}}),
		property.In("blue-vault", values{"properties": values{"enableRbacAuthorization": false}}),
		property.In("blue-cluster-role-disks", values{"scope": "/subscriptions/" + testSubscription}),
		property.In("blue-cluster-role-vault", values{"roleDefinitionId": "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}), // Owner
		property.In("blue-cluster-role-vault", values{"scope": "blue-group-id"}),
	}},
}

func private(made *mock.Engine, cluster spec.Cluster) []string {
	var faults property.Faults
	access := made.Inputs("blue-cluster")["apiServerAccessProfile"]
	faults.Expect(mock.At(access, "enablePrivateCluster") == cluster.Private(), "private: %v", access)
	faults.Expect(mock.At(access, "enableVnetIntegration") == true, "outside the network: %v", access)
	faults.Expect(mock.At(access, "disableRunCommand") == true, "commands are run past it: %v", access)
	if cluster.Private() {
		faults.Expect(mock.At(access, "enablePrivateClusterPublicFQDN") == false, "a public name: %v", access)
	}
	ranges, _ := mock.At(access, "authorizedIPRanges").([]any)
	faults.Expect(fmt.Sprint(ranges) == fmt.Sprint(cluster.PublicCIDRs), "%v may reach it", ranges)
	for _, pool := range allPools(made) {
		faults.Expect(pool["enableNodePublicIP"] == false, "pool %v has public addresses", pool["name"])
	}
	for _, group := range made.Of("NetworkSecurityGroup") {
		faults.Expect(len(group.Inputs["securityRules"].ArrayValue()) == 0, "%s has rules", group.Name)
	}
	for _, network := range made.Of("VirtualNetwork") {
		for _, subnet := range network.Inputs.Mappable()["subnets"].([]any) {
			faults.Expect(mock.At(subnet, "defaultOutboundAccess") == false, "a subnet has a way out that nobody made: %v", subnet)
		}
	}
	vault := made.Inputs("blue-vault")["properties"]
	faults.Expect(mock.At(vault, "publicNetworkAccess") == "Disabled" && mock.At(vault, "networkAcls", "defaultAction") == "Deny",
		"the vault answers: %v", vault)
	workspace := made.Inputs("blue-logs")
	for setting, asked := range map[string]bool{
		"publicNetworkAccessForQuery": cluster.PublicLogQueries, "publicNetworkAccessForIngestion": cluster.Defender,
	} {
		faults.Expect(asked || workspace[setting] == "Disabled", "the logs have %s: %v", setting, workspace[setting])
	}
	return faults
}

func encrypted(made *mock.Engine, _ spec.Cluster) []string {
	var faults property.Faults
	cluster := made.Inputs("blue-cluster")
	kms := mock.At(cluster, "securityProfile", "azureKeyVaultKms")
	faults.Expect(mock.At(kms, "enabled") == true && mock.At(kms, "keyId") == "keyUriWithVersion-of-blue-secrets-key" &&
		mock.At(kms, "keyVaultNetworkAccess") == "Private", "Secrets: %v", kms)
	faults.Expect(cluster["diskEncryptionSetID"] == "blue-disks-id", "disks: %v", cluster["diskEncryptionSetID"])
	for _, pool := range allPools(made) {
		faults.Expect(pool["enableEncryptionAtHost"] == true, "pool %v is not encrypted at its host", pool["name"])
	}
	vault := made.Inputs("blue-vault")["properties"]
	faults.Expect(mock.At(vault, "enablePurgeProtection") == true && mock.At(vault, "enableSoftDelete") == true, "keys can be lost: %v", vault)
	for _, key := range made.Of("Key") {
		properties := key.Inputs.Mappable()["properties"]
		faults.Expect(mock.At(properties, "kty") == "RSA-HSM" && mock.At(properties, "attributes", "exportable") == false,
			"%s: %v", key.Name, properties)
	}
	actions, _ := mock.At(made.Inputs("blue-disks-key"), "properties", "rotationPolicy", "lifetimeActions").([]any)
	faults.Expect(len(actions) == 1, "the key of disks is not rotated")
	faults.Expect(made.Inputs("blue-disks")["rotationToLatestKeyVersionEnabled"] == true, "disks stay with the first version of their key")
	return faults
}

func logged(made *mock.Engine, _ spec.Cluster) []string {
	var faults property.Faults
	for name, want := range map[string]struct {
		of         string
		categories []string
	}{
		"blue-cluster-logs": {"blue-cluster-id", []string{"kube-apiserver", "kube-audit", "kube-controller-manager", "kube-scheduler", "guard"}},
		"blue-vault-logs":   {"blue-vault-id", []string{"AuditEvent"}},
	} {
		setting := made.Inputs(name)
		faults.Expect(setting["resourceUri"] == want.of && setting["workspaceId"] == "blue-logs-id", "%s: %v", name, setting)
		var sent []string
		logs, _ := setting["logs"].([]any)
		for _, log := range logs {
			if mock.At(log, "enabled") == true {
				sent = append(sent, mock.At(log, "category").(string))
			}
		}
		for _, category := range want.categories {
			faults.Expect(slices.Contains(sent, category), "%s: does not send %s", name, category)
		}
	}
	workspace := made.Inputs("blue-logs")
	days, _ := workspace["retentionInDays"].(float64)
	faults.Expect(days >= 90, "logs are kept for %v days", days)
	faults.Expect(mock.At(workspace, "features", "disableLocalAuth") == true, "a shared key writes logs")
	return faults
}

func leastPrivilege(made *mock.Engine, args spec.Cluster) []string {
	var faults property.Faults
	cluster := made.Inputs("blue-cluster")
	faults.Expect(cluster["disableLocalAccounts"] == true && cluster["enableRBAC"] == true, "local accounts, or no RBAC")
	faults.Expect(mock.At(cluster, "aadProfile", "enableAzureRBAC") == true, "no Azure RBAC")
	groups := fmt.Sprint(mock.At(cluster, "aadProfile", "adminGroupObjectIDs"))
	want := fmt.Sprint(append([]string{args.AdminGroup}, args.Administrators...))
	faults.Expect(groups == want, "%s are administrators, and the stack names %s", groups, want)
	faults.Expect(mock.At(cluster, "nodeResourceGroupProfile", "restrictionLevel") == "ReadOnly", "what AKS makes can be changed")
	for _, pool := range allPools(made) {
		security := pool["securityProfile"]
		faults.Expect(mock.At(security, "sshAccess") == "Disabled" && mock.At(security, "enableSecureBoot") == true &&
			mock.At(security, "enableVTPM") == true, "pool %v: %v", pool["name"], security)
	}
	faults.Expect(mock.At(made.Inputs("blue-vault"), "properties", "enableRbacAuthorization") == true, "policies of the vault's own")
	roles := []string{
		"12338af0-0e69-4776-bea7-57ae8d297424", // Key Vault Crypto User
		"e147488a-f6f5-4113-8e2d-b22465e65bf6", // Key Vault Crypto Service Encryption User
		"f25e0fa2-a7c8-4377-a976-54943a77a395", // Key Vault Contributor, which may not use keys
		"4d97b98b-1d4f-4787-a291-c67834d212e7", // Network Contributor
		"f1a07417-d97a-45cb-824c-7a7467783830", // Managed Identity Operator
		"acdd72a7-3385-48ef-bd42-f606fba81ae7", // Reader
	}
	for _, role := range made.Of("RoleAssignment") {
		inputs := role.Inputs.Mappable()
		definition, scope := inputs["roleDefinitionId"].(string), inputs["scope"].(string)
		faults.Expect(slices.Contains(roles, definition[strings.LastIndex(definition, "/")+1:]), "%s is %s", role.Name, definition)
		faults.Expect(!strings.HasPrefix(scope, "/subscriptions/") && scope != "blue-group-id", "%s is on all of %s", role.Name, scope)
	}
	faults.Expect(len(made.Of("RoleAssignment")) == 7, "%d roles", len(made.Of("RoleAssignment")))
	return faults
}

// allPools are the inputs of every pool, the system pool first.
func allPools(made *mock.Engine) []map[string]any {
	var pools []map[string]any
	for _, pool := range made.Inputs("blue-cluster")["agentPoolProfiles"].([]any) {
		pools = append(pools, pool.(map[string]any))
	}
	for _, pool := range made.Of("AgentPool") {
		pools = append(pools, pool.Inputs.Mappable())
	}
	return pools
}
