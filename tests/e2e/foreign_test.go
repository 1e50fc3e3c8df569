package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

const foreignDeadline = 2 * time.Minute

// TestAnotherBackendLeavesTheClusterAlone: a state that does not know the cluster, because the user is logged in elsewhere now, is
// no reason to remove it, and says nothing about whether it is protected. The control is what takes this cluster down at the end.
//
//nolint:paralleltest // what the product is called with is one for all
func TestAnotherBackendLeavesTheClusterAlone(t *testing.T) {
	ours := product.Variables
	file, err := os.ReadFile(product.ConfigFile) // into which the engine writes that it has another state
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		product.Variables = ours
		if err := os.WriteFile(product.ConfigFile, file, 0o600); err != nil {
			t.Error(err)
		}
	}()
	product.Variables = append(slices.Clone(ours), "PULUMI_BACKEND_URL=file://"+t.TempDir(), "PULUMI_HOME="+t.TempDir(),
		"PULUMI_CONFIG_PASSPHRASE_FILE="+filepath.Join(product.Home(), "passphrase")) // the file has a salt of it
	isRefused(t, product, "destroy", "cluster "+product.Cluster+" stays", product.Home(), "PULUMI_BACKEND_URL is set", "--any-state")
}

// TestAnotherCloneLeavesTheClusterAlone: a name that is taken is said before anything is made, in a preview as well.
//
//nolint:paralleltest // the deadline is for one of them alone
func TestAnotherCloneLeavesTheClusterAlone(t *testing.T) {
	other := framework.MustInstall(t, framework.Settings{
		Prefix: "e2e-other", PodCIDR: "10.212.0.0/16", ServiceCIDR: "10.112.0.0/16",
	})
	config := other.Config()
	config["rampart:cluster"].(map[string]any)["name"] = product.Cluster
	if err := other.Configure(config); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"preview", "up"} {
		isRefused(t, other, command, "already holds a kind cluster", product.Cluster, "choose another rampart:cluster.name")
	}
}

// isRefused wants a command to fail with certain words, and the cluster to serve as before.
func isRefused(t *testing.T, product *framework.Product, command string, says ...string) {
	t.Helper()
	run, err := product.Start(product.StackArgs(command)...)
	if err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, foreignDeadline)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range says {
		if result.ExitCode != 1 || !strings.Contains(result.Stderr, want) {
			t.Errorf("want exit status 1 and %q: %s", want, result)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	nodes, err := cluster.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil || len(nodes.Items) != len(cluster.Nodes()) {
		t.Errorf("%d nodes after %s, %v", len(nodes.Items), command, err)
	}
}
