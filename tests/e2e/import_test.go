package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestAClusterIsImported takes the cluster into a stack of another project through the real engine, as whoever has lost a state does. What
// is secret is secret there too, a refresh finds nothing to change, and the cluster stays as it is.
//
//nolint:paralleltest // others stop nodes meanwhile
func TestAClusterIsImported(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	project := filepath.Join(product.Dir, "imported")
	if err := os.Mkdir(project, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(project); err != nil {
			t.Error(err)
		}
	})
	settings := "name: imported\nruntime: go\nplugins: {providers: [{name: rampart, path: " + filepath.Join(product.Root, ".rampart", "bin") + "}]}\n"
	if err := os.WriteFile(filepath.Join(project, "Pulumi.yaml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	pulumi := func(args ...string) string {
		t.Helper()
		output, err := product.PulumiElsewhere(ctx, project, args...)
		if err != nil {
			t.Fatal(err)
		}
		return output
	}
	pulumi("stack", "init", "found")
	pulumi("import", "--stack", "found", "--yes", "--generate-code=false", "rampart:kind:Cluster", "found", product.Cluster)
	exported := pulumi("stack", "export", "--stack", "found")
	opened := pulumi("stack", "export", "--stack", "found", "--show-secrets")
	refreshed := pulumi("refresh", "--stack", "found", "--yes", "--expect-no-changes")
	afterwards := pulumi("stack", "export", "--stack", "found")

	if !strings.Contains(exported, `"rampart:kind:Cluster"`) || !strings.Contains(exported, product.Cluster) {
		t.Errorf("control: the state does not know the cluster: %s", exported)
	}
	for name, secret := range secretsOfThisCluster(t) {
		if strings.HasPrefix(name, "tenant") {
			continue // a layer's, and not the cluster's
		}
		if strings.Contains(exported, secret) || strings.Contains(afterwards, secret) {
			t.Errorf("the state holds the %s in plain text after an import, or after a refresh", name)
		}
		if !strings.Contains(opened, secret) {
			t.Errorf("control: the state opened with the passphrase does not hold the %s", name)
		}
		for _, file := range product.FilesWith(t, secret) {
			if strings.HasPrefix(file, "imported/") {
				t.Errorf("%s holds the %s in plain text", file, name)
			}
		}
	}
	if !strings.Contains(refreshed, "2 unchanged") { // the stack, and the cluster in it
		t.Errorf("a refresh of what was imported says\n%s", refreshed)
	}
	if _, err := cluster.Client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{}); err != nil {
		t.Errorf("the cluster does not answer after its import: %v", err)
	}
}
