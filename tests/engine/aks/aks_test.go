package aks

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
	"github.com/rampart-iac/rampart/tests/framework/cloud/suite"
)

// ofAKS says what is AKS's own about aks-dev and aks-prod.
func ofAKS() suite.Cloud {
	return suite.Cloud{
		Name: "aks", Package: "azure-native",
		Orders: orders, Deletions: deletions,
		BeforeLayers: installCalico, Created: isEncrypted,
		Pools: "nodePools", Pool: 1,
		Days: []suite.Day{
			{
				Name: "an upgrade replaces nothing", Version: suite.After, Updated: []string{"cluster", "nodes-work"},
				Order: &suite.Order{
					Before: []string{"cluster"}, After: "nodes-work", Why: "nodes are never newer than their control plane",
				},
			},
			{
				Name:  "a change of the nodes changes nothing else",
				Nodes: map[string]any{"max": 6}, Updated: []string{"nodes-work"},
			},
		},
		Drift: suite.Drift{Name: "logs", Outputs: map[string]any{"retentionInDays": 30}},
	}
}

func TestProduction(t *testing.T) { t.Parallel(); ofAKS().Production(t) }

func TestLifecycle(t *testing.T) { t.Parallel(); ofAKS().Life(t) }

func TestOrdersAreSeen(t *testing.T) { t.Parallel(); ofAKS().OrdersAreSeen(t) }

// installCalico puts the definitions into the cluster that the Calico of AKS brings along.
func installCalico(t *testing.T, made *suite.Installation, server *apiserver.Server) {
	t.Helper()
	has, err := made.Provided()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := envtest.InstallCRDs(server.Admin, envtest.CRDInstallOptions{
		Paths: []string{has.CalicoCRDs}, ErrorIfPathMissing: true,
	}); err != nil {
		t.Fatal(err)
	}
}

// isEncrypted looks at what a plan cannot show: the SDK completes the security profile, and knows none of it before the key is
// there.
func isEncrypted(t *testing.T, made *suite.Installation, created []cloud.Call) {
	t.Helper()
	for _, call := range created {
		if call.Name != made.Cluster+"-cluster" {
			continue
		}
		profile := call.Inputs["securityProfile"].(map[string]any)
		kms := profile["azureKeyVaultKms"].(map[string]any)
		key, _ := kms["keyId"].(string)
		vault, _ := kms["keyVaultResourceId"].(string)
		if kms["enabled"] != true || kms["keyVaultNetworkAccess"] != "Private" ||
			!strings.Contains(key, ".vault.azure.net/keys/secrets/") || !strings.Contains(vault, "/providers/Microsoft.KeyVault/vaults/") {
			t.Errorf("the cluster is made with %v", kms)
		}
		return
	}
	t.Error("no cluster is made")
}
