package gke

import (
	"maps"
	"strings"
	"testing"
)

// TestLifecycle takes a cluster through its days: an upgrade, a change of its nodes, something changed by hand, the end.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	made := install(t, "gke-dev", startCluster(t))
	settings := func(version string, nodes map[string]any) func(map[string]any) {
		return func(config map[string]any) {
			section(config, "cluster")["kubernetesVersion"] = version
			pools := section(config, "gke")["nodePools"].([]any)
			maps.Copy(pools[0].(map[string]any), nodes)
		}
	}
	up := func(t *testing.T, flags ...string) {
		t.Helper()
		made.forget(t)
		if _, err := made.Run(t.Context(), "up", flags...); err != nil {
			t.Fatal(err)
		}
	}
	made.configure(t, settings("v1.34.0", nil))
	up(t)

	t.Run("an upgrade replaces nothing", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", nil))
		for _, step := range made.plan(t) {
			if step.Op != "same" && step.Op != "update" && !strings.HasPrefix(step.NewState.Type, "pulumi:") {
				t.Errorf("the plan of an upgrade has %s of %s", step.Op, step.URN)
			}
		}
		up(t)
		made.expect(t, "update", "gke-dev-cluster")
		made.expect(t, "create")
		made.expect(t, "delete")
	})
	t.Run("a change of the nodes replaces nothing", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", map[string]any{"max": 6, "diskGiB": 200, "machineType": "e2-standard-4"}))
		up(t)
		made.expect(t, "update", "gke-dev-nodes-general")
		made.expect(t, "create")
		made.expect(t, "delete")
	})
	t.Run("what was changed by hand is put back", func(t *testing.T) { //nolint:paralleltest // one after the other
		if err := made.cloud.Drift(map[string]map[string]any{"gke-dev-logs": {"retentionDays": 1}}); err != nil {
			t.Fatal(err)
		}
		up(t, "--refresh")
		made.expect(t, "update", "gke-dev-logs")
		if err := made.cloud.Drift(nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("destroy takes things away in the order that Google wants", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.forget(t)
		if _, err := made.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, order := range deletions {
			order.broken(t, made.calls(t, "delete"))
		}
	})
}

// deletions are the orders that Google punishes when a cluster goes.
var deletions = []order{
	{[]string{"nodes-general"}, "cluster", "a pool is deleted in its cluster"},
	{[]string{"cluster"}, "secrets-key-user", "a cluster without its key is broken"},
	{[]string{"cluster"}, "secrets-key", "a cluster without its key is broken"},
	{[]string{"cluster"}, "logs", "the last events of a cluster are worth keeping"},
	{[]string{"nodes-general"}, "nodes-account-role", "nodes leave with their rights"},
	{[]string{"nodes-general"}, "nat", "nodes leave by the network"},
	{[]string{"cluster", "nodes-general"}, "subnetwork", "a subnetwork with something in it does not go"},
	{[]string{"subnetwork"}, "network", "a network with something in it does not go"},
}
