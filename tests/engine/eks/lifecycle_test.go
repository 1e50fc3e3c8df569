package eks

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// TestLifecycle takes a cluster through its days: an upgrade, a change of its nodes, something changed by hand, the end.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	made := install(t, "eks-dev", startCluster(t))
	settings := func(version string, nodes map[string]any) func(map[string]any) {
		return func(config map[string]any) {
			section(config, "cluster")["kubernetesVersion"] = version
			groups := section(config, "eks")["nodeGroups"].([]any)
			maps.Copy(groups[0].(map[string]any), nodes)
		}
	}
	made.configure(t, settings("v1.34.0", nil))
	made.up(t)

	t.Run("an upgrade replaces nothing", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", nil))
		for _, step := range made.plan(t) {
			if step.Op != "same" && step.Op != "update" && !strings.HasPrefix(step.NewState.Type, "pulumi:") {
				t.Errorf("the plan of an upgrade has %s of %s", step.Op, step.URN)
			}
		}
		made.up(t)
		made.expect(t, "update", "eks-dev-cluster", "eks-dev-nodes-general", "eks-dev-addon-kube-proxy", "eks-dev-addon-coredns")
		made.expect(t, "create")
		made.expect(t, "delete")
		updates := made.calls(t, "update")
		if (order{[]string{"cluster"}, "nodes-general", "nodes are never newer than their control plane"}).broken(t, updates) {
			t.Error("in the upgrade")
		}
	})
	t.Run("a change of the nodes replaces nothing", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", map[string]any{"max": 6, "diskGiB": 200}))
		made.up(t)
		made.expect(t, "update", "eks-dev-nodes-general-template", "eks-dev-nodes-general")
		made.expect(t, "create")
		made.expect(t, "delete")
	})
	t.Run("other machines come before the old ones go", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.configure(t, settings("v1.35.0", map[string]any{
			"max": 6, "diskGiB": 200, "instanceTypes": []any{"m7a.large", "m6a.large"},
		}))
		made.up(t)
		made.expect(t, "create", "eks-dev-nodes-general")
		made.expect(t, "delete", "eks-dev-nodes-general")
		all, err := made.cloud.Calls()
		if err != nil {
			t.Fatal(err)
		}
		methods := slices.DeleteFunc(all, func(call cloud.Call) bool { return call.Method == "read" })
		if len(methods) < 2 || methods[0].Method != "create" || methods[1].Method != "delete" {
			t.Errorf("got %+v", methods)
		}
	})
	t.Run("what was changed by hand is put back", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.forget(t)
		if err := made.cloud.Drift(map[string]map[string]any{"eks-dev-logs-cluster": {"retentionInDays": 1}}); err != nil {
			t.Fatal(err)
		}
		if _, err := made.Run(t.Context(), "up", "--refresh"); err != nil {
			t.Fatal(err)
		}
		made.expect(t, "update", "eks-dev-logs-cluster")
		if err := made.cloud.Drift(nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("destroy takes things away in the order that AWS wants", func(t *testing.T) { //nolint:paralleltest // one after the other
		made.forget(t)
		if _, err := made.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		deleted := made.calls(t, "delete")
		for _, order := range deletions {
			order.broken(t, deleted)
		}
	})
}

// deletions are the orders that AWS punishes when a cluster goes.
var deletions = []order{
	{[]string{"nodes-general"}, "cluster", "EKS deletes no cluster that has nodes"},
	{[]string{"cluster"}, "cluster-role-AmazonEKSClusterPolicy", "a control plane without its rights leaves interfaces behind"},
	{[]string{"cluster"}, "secrets-key", "a cluster without its key is broken"},
	{[]string{"cluster"}, "logs-cluster", "EKS makes a log group anew, without our key, for what it still has to write"},
	{[]string{"nodes-general"}, "node-role-AmazonEKSWorkerNodePolicy", "nodes leave with their rights"},
	{[]string{"nodes-general"}, "private-eu-central-1a-route-out", "nodes leave by the network"},
	{[]string{"cluster", "nodes-general"}, "private-eu-central-1a", "a subnet with something in it does not go"},
}

// broken reports what calls break of an order.
func (o order) broken(t *testing.T, calls []cloud.Call) bool {
	t.Helper()
	faults := o.faults(calls)
	for _, fault := range faults {
		t.Error(fault)
	}
	return len(faults) > 0
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
