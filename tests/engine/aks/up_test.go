package aks

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// TestUp brings the stack of a cluster up, with all that goes into it, and again.
func TestUp(t *testing.T) {
	t.Parallel()
	server := startCluster(t)
	made := install(t, "aks-prod", server)
	// From outside, what goes into the cluster comes later: nothing of it is touched by the first stage.
	for range 2 {
		if result, err := made.Run(t.Context(), "up", "--stage", "cloud"); err != nil {
			t.Fatal(err)
		} else if strings.Contains(result.Output(), "kubernetes:core") {
			t.Errorf("the first stage makes something in the cluster:\n%s", result)
		}
	}
	made.installCalico(t, server)
	if _, err := made.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	created := made.calls(t, "create")
	for _, order := range orders {
		for _, fault := range order.faults(created) {
			t.Error(fault)
		}
	}
	made.isEncrypted(t, created)
	made.forget(t)
	again, err := made.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(again.Stdout, "No changes") {
		t.Errorf("a second run changes something:\n%s", again)
	}
	for _, method := range []string{"create", "update", "delete"} {
		if calls := made.calls(t, method); len(calls) > 0 {
			t.Errorf("a second run calls %s: %+v", method, calls)
		}
	}

	made.forget(t)
	if _, err := made.Destroy(t.Context()); err == nil || !strings.Contains(err.Error(), "protect") {
		t.Errorf("a cluster that is not ephemeral can be destroyed: %v", err)
	}
	if calls := made.calls(t, "delete"); len(calls) > 0 {
		t.Errorf("a refused destroy deletes: %+v", calls)
	}
}

// installCalico puts the definitions into the cluster that the Calico of AKS brings along.
func (i *installation) installCalico(t *testing.T, server *apiserver.Server) {
	t.Helper()
	images, err := stacks.ReadImages(i.Home())
	if err != nil || images == nil {
		t.Fatalf("what the road provides: %v, %v", images, err)
	}
	if _, err := envtest.InstallCRDs(server.Admin, envtest.CRDInstallOptions{
		Paths: []string{images.CalicoCRDs}, ErrorIfPathMissing: true,
	}); err != nil {
		t.Fatal(err)
	}
}

// isEncrypted looks at what a plan cannot show: the SDK completes the security profile, and knows none of it before the key is
// there.
func (i *installation) isEncrypted(t *testing.T, created []cloud.Call) {
	t.Helper()
	for _, call := range created {
		if call.Name != i.Cluster+"-cluster" {
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

// order says that every resource of some names is made before those of another. Names are without the cluster's.
type order struct {
	before []string
	after  string
	why    string
}

// orders are those that Azure punishes, some at once and some only when the cluster is destroyed.
var orders = []order{
	{[]string{"secrets-key"}, "cluster", "a cluster is told a version of its key when it is made"},
	{
		[]string{"cluster-role-secrets-key", "cluster-role-vault"}, "cluster",
		"a control plane that may not use its key, or not be connected to the vault, does not start",
	},
	{[]string{"cluster-role-kubelet"}, "cluster", "a control plane that may not give nodes their identity makes none"},
	{
		[]string{"cluster-role-nodes-subnet", "cluster-role-api-server-subnet"}, "cluster",
		"a control plane that may not join a subnet has no address",
	},
	{[]string{"cluster-role-disks", "disks"}, "cluster", "disks are encrypted from the first on"},
	{[]string{"disks-role-disks-key"}, "disks", "a set that may not use its key encrypts nothing"},
	{[]string{"logs"}, "cluster-logs", "logs need a place"},
	{[]string{"logs"}, "cluster", "the workspace is there before what writes to it"},
	{[]string{"nat", "network"}, "cluster", "nodes without a way out do not join"},
	{[]string{"cluster"}, "nodes-general", "a pool belongs to a cluster"},
}

// faults are what calls break of an order; a resource that is missing is one, too.
func (o order) faults(calls []cloud.Call) []string {
	place := func(name string) int {
		return slices.IndexFunc(calls, func(call cloud.Call) bool {
			_, part, _ := strings.Cut(strings.TrimPrefix(call.Name, "aks-"), "-")
			return part == name
		})
	}
	last := place(o.after)
	if last < 0 {
		return []string{o.after + " is not made"}
	}
	var faults []string
	for _, name := range o.before {
		if at := place(name); at < 0 {
			faults = append(faults, name+" is not made")
		} else if at > last {
			faults = append(faults, name+" comes after "+o.after+": "+o.why)
		}
	}
	return faults
}

// TestOrdersAreSeen: the check itself sees a cluster that is made before its key.
func TestOrdersAreSeen(t *testing.T) {
	t.Parallel()
	wrong := []cloud.Call{{Name: "aks-prod-cluster"}, {Name: "aks-prod-secrets-key"}}
	if got := orders[0].faults(wrong); len(got) != 1 || !strings.Contains(got[0], "comes after") {
		t.Errorf("got %q", got)
	}
	if got := orders[0].faults([]cloud.Call{wrong[1], wrong[0]}); len(got) != 0 {
		t.Errorf("control: got %q", got)
	}
}
