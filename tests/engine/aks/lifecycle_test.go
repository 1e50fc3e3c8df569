package aks

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestLifecycle takes a cluster through its days: an upgrade, a change of its nodes, something changed by hand, the end.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	server := startCluster(t)
	made := install(t, "aks-dev", server)
	settings := func(version string, nodes map[string]any) func(map[string]any) {
		return func(config map[string]any) {
			section(config, "cluster")["kubernetesVersion"] = version
			pools := section(config, "aks")["nodePools"].([]any)
			maps.Copy(pools[1].(map[string]any), nodes)
		}
	}
	made.configure(t, settings("v1.34.0", nil))
	if _, err := made.Run(t.Context(), "up", "--stage", "cloud"); err != nil {
		t.Fatal(err)
	}
	made.installCalico(t, server)
	made.up(t)

	t.Run("an upgrade replaces nothing", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", nil))
		for _, step := range made.plan(t) {
			if step.Op != "same" && step.Op != "update" && !strings.HasPrefix(step.NewState.Type, "pulumi:") {
				t.Errorf("the plan of an upgrade has %s of %s", step.Op, step.URN)
			}
		}
		made.up(t)
		made.expect(t, "update", "aks-dev-cluster", "aks-dev-nodes-work")
		made.expect(t, "create")
		made.expect(t, "delete")
		updates := made.calls(t, "update")
		for _, fault := range (order{[]string{"cluster"}, "nodes-work", "nodes are never newer than their control plane"}).faults(updates) {
			t.Error(fault)
		}
	})
	t.Run("a change of the nodes changes nothing else", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", map[string]any{"max": 6}))
		made.up(t)
		made.expect(t, "update", "aks-dev-nodes-work")
		made.expect(t, "create")
		made.expect(t, "delete")
		if calls := made.calls(t, "update"); len(calls) != 1 {
			t.Errorf("got %+v", calls)
		}
	})
	t.Run("what was changed by hand is put back", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.forget(t)
		if err := made.cloud.Drift(map[string]map[string]any{"aks-dev-logs": {"retentionInDays": 30}}); err != nil {
			t.Fatal(err)
		}
		if _, err := made.Run(t.Context(), "up", "--refresh"); err != nil {
			t.Fatal(err)
		}
		made.expect(t, "update", "aks-dev-logs")
		if err := made.cloud.Drift(nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("destroy takes things away in the order that Azure wants", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.forget(t)
		if _, err := made.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		deleted := made.calls(t, "delete")
		for _, order := range deletions {
			for _, fault := range order.faults(deleted) {
				t.Error(fault)
			}
		}
	})
}

// deletions are the orders that Azure punishes when a cluster goes.
var deletions = []order{
	{[]string{"cluster-logs"}, "cluster", "a diagnostic setting outlives what it watches, and watches the next of its name"},
	{[]string{"cluster"}, "cluster-role-api-server-subnet", "a control plane without its rights leaves interfaces behind"},
	{[]string{"cluster"}, "secrets-key", "a cluster without its key is broken"},
	{[]string{"cluster"}, "network", "a subnet with something in it does not go"},
	{[]string{"cluster", "disks", "network", "logs", "vault"}, "group", "a resource group takes everything along"},
}

// up forgets what was called before, and must succeed.
func (i *installation) up(t *testing.T) {
	t.Helper()
	i.forget(t)
	if _, err := i.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// expect that a method was called for exactly these resources; of updates more are let pass.
func (i *installation) expect(t *testing.T, method string, want ...string) {
	t.Helper()
	var got []string
	for _, call := range i.calls(t, method) {
		got = append(got, call.Name)
	}
	slices.Sort(got)
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s of %s was not called, only of %v", method, name, got)
		}
	}
	if method != "update" && len(got) != len(want) {
		t.Errorf("%s was called for %v, want %v", method, got, want)
	}
}
