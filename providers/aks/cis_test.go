package aks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/providers/aks/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

// cis is the CIS Azure Kubernetes Service Benchmark 1.8.
var cis = property.Benchmark{
	Items: []string{
		"2.1.1", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2.1", "5.3.1", "5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.4.5", "5.5.1", "5.5.2",
	},
	Checks: cisItems,
	Elsewhere: map[string]string{
		"5.1.1": "images are scanned by the registry, which is not made here",
		"5.1.2": "people's access to the registry is the registry's",
		"5.1.4": "the image policy in the cluster lets in the registries that the stack names (RMP-IMG-001)",
		"5.4.5": "load balancers are the users', and so are their certificates",
	},
	Sabotage: map[string][]property.Sabotage{
		"2.1.1": {
			property.In("blue-cluster-logs", values{"logs": []any{values{"category": "kube-audit", "enabled": true}}}),
			property.In("blue-cluster-logs", values{"resourceUri": "something-else"}),
			property.In("blue-logs", values{"retentionInDays": 30}),
		},
		"5.1.3": {property.In("blue-cluster-role-disks", values{"principalId": "principalId-of-blue-kubelet-identity"})},
		"5.2.1": {
			property.In("blue-cluster", values{"oidcIssuerProfile": values{"enabled": false}}),
			property.In("blue-cluster", values{"securityProfile": values{"workloadIdentity": values{"enabled": false}}}),
		},
		"5.3.1": {
			property.In("blue-cluster", values{"securityProfile": values{"azureKeyVaultKms": values{"enabled": false}}}),
			property.In("blue-vault", values{"properties": values{"publicNetworkAccess": "Enabled"}}),
			property.In("blue-cluster", values{"identity": values{"type": "SystemAssigned"}}),
		},
		"5.4.1": {property.In("blue-cluster", values{"apiServerAccessProfile": values{
			"enablePrivateCluster": false, "authorizedIPRanges": []any{"0.0.0.0/0"},
		}})},
		"5.4.2": {
			property.In("blue-cluster", values{"apiServerAccessProfile": values{"enablePrivateCluster": false}}),
			property.In("blue-cluster", values{"apiServerAccessProfile": values{"disableRunCommand": false}}),
		},
		"5.4.3": {
			property.In("blue-cluster", values{"agentPoolProfiles": []any{values{"enableNodePublicIP": true}}}),
			property.In("blue-closed", values{"securityRules": []any{values{"access": "Allow"}}}),
		},
		"5.4.4": {property.In("blue-cluster", values{"networkProfile": values{"networkPolicy": "none"}})},
		"5.5.1": {
			property.In("blue-cluster", values{"disableLocalAccounts": false}),
			property.In("blue-cluster", values{"aadProfile": values{"managed": false}}),
		},
		"5.5.2": {
			property.In("blue-cluster", values{"enableRBAC": false}),
			property.In("blue-cluster", values{"aadProfile": values{"enableAzureRBAC": false}}),
			property.In("blue-cluster", values{"aadProfile": values{"adminGroupObjectIDs": []any{}}}),
		},
	},
}

// cisItems are the items that the inputs of a cluster decide, each with what is wrong with them.
var cisItems = mock.Items{
	// Audit logs are on: every category that says who did what, sent to a workspace that keeps them.
	"2.1.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults, categories []string
		setting := made.Named(tb, "blue-cluster-logs").Inputs.Mappable()
		for _, log := range setting["logs"].([]any) {
			if mock.At(log, "enabled") == true {
				categories = append(categories, mock.At(log, "category").(string))
			}
		}
		for _, category := range []string{"kube-audit", "guard", "kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
			if !slices.Contains(categories, category) {
				faults = append(faults, category+" is not sent")
			}
		}
		if setting["resourceUri"] != "blue-cluster-id" || setting["workspaceId"] != "blue-logs-id" {
			faults = append(faults, fmt.Sprint("logs of ", setting["resourceUri"], " to ", setting["workspaceId"]))
		}
		workspace := made.Named(tb, "blue-logs").Inputs.Mappable()
		if days := workspace["retentionInDays"].(float64); days < 90 || mock.At(workspace, "features", "disableLocalAuth") != true {
			faults = append(faults, fmt.Sprint("kept for ", days, " days, with ", workspace["features"]))
		}
		return faults
	},
	// Nodes read images, and have no right but what the registry gives them.
	"5.1.3": func(_ testing.TB, made *mock.Engine) []string {
		var faults []string
		for _, role := range made.Of("RoleAssignment") {
			if inputs := role.Inputs.Mappable(); inputs["principalId"] == "principalId-of-blue-kubelet-identity" {
				faults = append(faults, fmt.Sprint("nodes have ", inputs["roleDefinitionId"]))
			}
		}
		return faults
	},
	// Pods get identities of their own.
	"5.2.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		cluster := clusterOf(tb, made)
		if mock.At(cluster, "oidcIssuerProfile", "enabled") != true || mock.At(cluster, "securityProfile", "workloadIdentity", "enabled") != true {
			return []string{fmt.Sprint(cluster["oidcIssuerProfile"], cluster["securityProfile"])}
		}
		return nil
	},
	// Secrets are encrypted with a key of the customer's, in a vault that only the private endpoint leads to.
	"5.3.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		kms := mock.At(clusterOf(tb, made), "securityProfile", "azureKeyVaultKms")
		want := map[string]any{
			"enabled": true, "keyId": "keyUriWithVersion-of-blue-secrets-key", "keyVaultNetworkAccess": "Private",
			"keyVaultResourceId": "blue-vault-id",
		}
		if fmt.Sprint(kms) != fmt.Sprint(want) {
			faults = append(faults, fmt.Sprint("encryption ", kms))
		}
		vault := made.Named(tb, "blue-vault").Inputs.Mappable()["properties"]
		if mock.At(vault, "publicNetworkAccess") != "Disabled" || mock.At(vault, "networkAcls", "defaultAction") != "Deny" ||
			mock.At(vault, "enablePurgeProtection") != true || mock.At(vault, "enableRbacAuthorization") != true {
			faults = append(faults, fmt.Sprint("vault ", vault))
		}
		identity := clusterOf(tb, made)["identity"]
		if mock.At(identity, "type") != "UserAssigned" || fmt.Sprint(mock.At(identity, "userAssignedIdentities")) != "[blue-cluster-identity-id]" {
			faults = append(faults, fmt.Sprint("identity ", identity))
		}
		return faults
	},
	// Few may reach the API server.
	"5.4.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		access := mock.At(clusterOf(tb, made), "apiServerAccessProfile")
		ranges, _ := mock.At(access, "authorizedIPRanges").([]any)
		if mock.At(access, "enablePrivateCluster") != true && (len(ranges) == 0 || slices.Contains(ranges, any("0.0.0.0/0"))) {
			return []string{fmt.Sprint("ranges ", ranges)}
		}
		return nil
	},
	// The API server has a private address, and no public one, not even a name; nobody runs commands past it.
	"5.4.2": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		access := mock.At(clusterOf(tb, made), "apiServerAccessProfile")
		if mock.At(access, "enablePrivateCluster") != true || mock.At(access, "enablePrivateClusterPublicFQDN") != false ||
			mock.At(access, "disableRunCommand") != true || mock.At(access, "enableVnetIntegration") != true {
			return []string{fmt.Sprint("access ", access)}
		}
		return nil
	},
	// Nodes have private addresses only.
	"5.4.3": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		for _, pool := range poolsOf(tb, made) {
			if pool["enableNodePublicIP"] != false {
				faults = append(faults, fmt.Sprint("nodes ", pool))
			}
		}
		for _, rule := range made.Of("NetworkSecurityGroup") {
			if rules := rule.Inputs.Mappable()["securityRules"].([]any); len(rules) > 0 {
				faults = append(faults, fmt.Sprint("rules ", rules))
			}
		}
		return faults
	},
	// Network policies are enforced.
	"5.4.4": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		if network := mock.At(clusterOf(tb, made), "networkProfile"); mock.At(network, "networkPolicy") != "calico" {
			return []string{fmt.Sprint("network ", network)}
		}
		return nil
	},
	// People come by Entra ID: there are no accounts of the cluster's.
	"5.5.1": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		cluster := clusterOf(tb, made)
		profile := cluster["aadProfile"]
		if cluster["disableLocalAccounts"] != true || mock.At(profile, "managed") != true || mock.At(profile, "tenantID") != testTenant {
			return []string{fmt.Sprint("local accounts off: ", cluster["disableLocalAccounts"], ", Entra ID ", profile)}
		}
		return nil
	},
	// Azure RBAC decides beside Kubernetes RBAC, and administrators are named groups.
	"5.5.2": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		cluster := clusterOf(tb, made)
		groups, _ := mock.At(cluster, "aadProfile", "adminGroupObjectIDs").([]any)
		if cluster["enableRBAC"] != true || mock.At(cluster, "aadProfile", "enableAzureRBAC") != true || !slices.Contains(groups, any(testGroup)) {
			return []string{fmt.Sprint("RBAC ", cluster["enableRBAC"], ", ", cluster["aadProfile"])}
		}
		return nil
	},
}

// besideCIS is what the baseline and Azure's own security benchmark (DP-5) ask of inputs, and CIS does not.
var besideCIS = mock.Items{
	// Disks are encrypted with a key of the customer's, and what is on the way to them at the host. (Not CIS, but Azure's own
	// security benchmark, DP-5.)
	"disks": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		if set := clusterOf(tb, made)["diskEncryptionSetID"]; set != "blue-disks-id" {
			faults = append(faults, fmt.Sprint("disk encryption set ", set))
		}
		for _, pool := range poolsOf(tb, made) {
			if pool["enableEncryptionAtHost"] != true {
				faults = append(faults, fmt.Sprint("nodes ", pool))
			}
		}
		return faults
	},
	// Nodes are those of the baseline: seccomp and a bound of processes by default, started securely, without SSH, on a system
	// that is patched.
	"nodes": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		var faults []string
		for _, pool := range poolsOf(tb, made) {
			security := pool["securityProfile"]
			if pool["osSKU"] != "AzureLinux" || mock.At(pool, "kubeletConfig", "seccompDefault") != "RuntimeDefault" ||
				mock.At(pool, "kubeletConfig", "podMaxPids") != 4096.0 || mock.At(security, "sshAccess") != "Disabled" ||
				mock.At(security, "enableSecureBoot") != true || mock.At(security, "enableVTPM") != true {
				faults = append(faults, fmt.Sprint("nodes ", pool))
			}
		}
		upgrades := clusterOf(tb, made)["autoUpgradeProfile"]
		if mock.At(upgrades, "nodeOSUpgradeChannel") != "NodeImage" || mock.At(upgrades, "upgradeChannel") != "patch" ||
			len(made.Of("MaintenanceConfiguration")) != 2 {
			faults = append(faults, fmt.Sprint("upgrades ", upgrades))
		}
		return faults
	},
	// Images that nobody uses go.
	"images": func(tb testing.TB, made *mock.Engine) []string {
		tb.Helper()
		if cleaner := mock.At(clusterOf(tb, made), "securityProfile", "imageCleaner"); mock.At(cleaner, "enabled") != true {
			return []string{fmt.Sprint("image cleaner ", cleaner)}
		}
		return nil
	},
}

// TestCISItems holds the inputs of a cluster to each item, and to it again in the sizes that clusters come in.
func TestCISItems(t *testing.T) {
	t.Parallel()
	clusters := map[string]*mock.Engine{}
	for name, change := range map[string]func(*ClusterArgs){
		"default": asIs,
		"large": func(args *ClusterArgs) {
			args.Network.Egress, args.Network.FirewallIP = spec.EgressFirewall, "10.100.0.4"
			args.AzurePolicy, args.Defender, args.FIPS = true, true, true
			args.NodePools = []spec.NodePool{{Name: "system"}, {Name: "batch", Spot: true}, {Name: "web"}}
		},
		"ephemeral dev": func(args *ClusterArgs) { args.Environment, args.Ephemeral = "dev", true },
	} {
		clusters[name], _ = mustMake(t, change)
	}
	cisItems.Hold(t, clusters)
	besideCIS.Hold(t, clusters)
}

// TestEveryCISItemIsAnswered, by a check or by somebody who is named.
func TestEveryCISItemIsAnswered(t *testing.T) { t.Parallel(); cis.Complete(t) }

// TestCISItemsSeeSabotage: each check goes red when what it is about is broken.
func TestCISItemsSeeSabotage(t *testing.T) {
	t.Parallel()
	cis.Seen(t, func() *mock.Engine { made, _ := mustMake(t, asIs); return made })
}

// TestPublicAddressIsSeen: in dev a range may reach one, and the check of item 5.4.2 says so.
func TestPublicAddressIsSeen(t *testing.T) {
	t.Parallel()
	made, cluster := mustMake(t, func(args *ClusterArgs) { args.Environment, args.PublicCIDRs = "dev", []string{"203.0.113.0/24"} })
	if len(cisItems["5.4.2"](t, made)) == 0 {
		t.Error("item 5.4.2 does not see a public address")
	}
	if faults := cisItems["5.4.1"](t, made); len(faults) > 0 || cluster.Facts.PrivateEndpoint {
		t.Errorf("%v, private %t", faults, cluster.Facts.PrivateEndpoint)
	}
}

// TestRolesAreOfOneResourceEach: no identity may do anything to more than what it is for.
func TestRolesAreOfOneResourceEach(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	var got []string
	for _, role := range made.Of("RoleAssignment") {
		inputs := role.Inputs.Mappable()
		definition := inputs["roleDefinitionId"].(string)
		got = append(got, fmt.Sprintf("%s: %s on %s", inputs["principalId"], definition[strings.LastIndex(definition, "/")+1:], inputs["scope"]))
	}
	slices.Sort(got)
	want := []string{
		"principalId-of-blue-cluster-identity: " + roleKeyUser + " on blue-vault-id/keys/secrets",
		"principalId-of-blue-cluster-identity: " + roleNetwork + " on blue-network-id/subnets/api-server",
		"principalId-of-blue-cluster-identity: " + roleNetwork + " on blue-network-id/subnets/nodes",
		"principalId-of-blue-cluster-identity: " + roleReader + " on blue-disks-id",
		"principalId-of-blue-cluster-identity: " + roleIdentityOperator + " on blue-kubelet-identity-id",
		"principalId-of-blue-cluster-identity: " + roleVaultContributor + " on blue-vault-id",
		"principalId-of-blue-disks-identity: " + roleKeyEncryption + " on blue-vault-id/keys/disks",
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
