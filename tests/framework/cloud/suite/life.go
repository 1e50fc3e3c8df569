package suite

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// life of a cluster: an upgrade, changes of its nodes, something changed by hand, the end.
type life struct {
	Cloud
	settings settings
}

// settings of a stack that change in a cluster's days.
type settings struct {
	version string
	nodes   map[string]any
}

// configure writes the stack file with the settings as they are.
func (l *life) configure(t *testing.T, made *Installation) {
	t.Helper()
	made.configure(t, func(config map[string]any) {
		section(config, "cluster")["kubernetesVersion"] = l.settings.version
		pools := section(config, l.Name)[l.Pools].([]any)
		maps.Copy(pools[l.Pool].(map[string]any), l.settings.nodes)
	})
}

// begin brings a cluster up, of the version before.
func (l *life) begin(t *testing.T, made *Installation) {
	t.Helper()
	l.configure(t, made)
	server := made.startCluster(t)
	if l.BeforeLayers != nil {
		made.run(t, "up", "--stage", "cloud")
		l.BeforeLayers(t, made, server)
	}
	// The cloud stops looking after that version, if it has not already.
	if up := made.run(t, "up"); !strings.Contains(up.Output(), "the standard support of Kubernetes "+Before) {
		t.Errorf("nobody is told that support ends:\n%s", up)
	}
}

// day changes the cluster.
func (l *life) day(t *testing.T, made *Installation, day Day) {
	t.Helper()
	if day.Version != "" {
		l.settings.version = day.Version
	}
	maps.Copy(l.settings.nodes, day.Nodes)
	l.configure(t, made)
	if day.Version != "" {
		plansNoReplacement(t, made)
	}
	made.run(t, "up")
	day.compare(t, made)
}

// plansNoReplacement: who looks at the plan of an upgrade must see that nothing is made anew.
func plansNoReplacement(t *testing.T, made *Installation) {
	t.Helper()
	for _, planned := range made.plan(t) {
		if planned.Op != "same" && planned.Op != "update" && !strings.HasPrefix(planned.NewState.Type, "pulumi:") {
			t.Errorf("the plan of an upgrade has %s of %s", planned.Op, planned.URN)
		}
	}
}

func (d Day) compare(t *testing.T, made *Installation) {
	t.Helper()
	made.expect(t, "update", d.Updated)
	made.expect(t, "create", d.Created)
	made.expect(t, "delete", d.Deleted)
	if d.Order != nil {
		report(t, made.Cluster, made.calls(t, "update"), *d.Order)
	}
	if len(d.Created) == 0 || len(d.Deleted) == 0 {
		return
	}
	// What is made anew is there before the old one goes.
	changes, err := made.cloud.Calls()
	if err != nil {
		t.Fatal(err)
	}
	var methods []string
	for _, call := range changes {
		if call.Method == "create" || call.Method == "delete" {
			methods = append(methods, call.Method)
		}
	}
	if !slices.IsSorted(methods) { // create stands before delete
		t.Errorf("the new ones come after the old ones go: %v", methods)
	}
}

// refuseAnotherName: names of resources begin with the cluster's, so that with another one the engine would make a second cluster
// and delete the first. Neither the product does that nor pulumi by hand, and nothing is made or deleted.
func (l *life) refuseAnotherName(t *testing.T, made *Installation) {
	t.Helper()
	made.configure(t, func(config map[string]any) {
		section(config, "cluster")["name"] = "another"
		section(config, "cluster")["kubernetesVersion"] = l.settings.version
	})
	made.forget(t)
	refused := `"another" of rampart:provider ` + l.Name + ` makes another cluster and deletes`
	for by, run := range map[string]func() error{
		"preview": func() error { _, err := made.Run(t.Context(), "preview"); return err },
		"up":      func() error { _, err := made.Run(t.Context(), "up"); return err },
		"pulumi up": func() error {
			_, err := made.Pulumi(t.Context(), "up", "--yes", "--skip-preview", "--non-interactive", "--stack", made.Stack)
			return err
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("%s: a stack gets another cluster: %v", by, err)
		}
	}
	for _, method := range []string{"create", "delete"} {
		made.expect(t, method, nil)
	}
	l.configure(t, made)
}

func (c Cloud) putBack(t *testing.T, made *Installation) {
	t.Helper()
	if err := made.cloud.Drift(map[string]map[string]any{made.Cluster + "-" + c.Drift.Name: c.Drift.Outputs}); err != nil {
		t.Fatal(err)
	}
	made.run(t, "up", "--refresh")
	made.expect(t, "update", []string{c.Drift.Name})
	if err := made.cloud.Drift(nil); err != nil {
		t.Fatal(err)
	}
}

func (c Cloud) destroy(t *testing.T, made *Installation) {
	t.Helper()
	made.run(t, "destroy")
	report(t, made.Cluster, made.calls(t, "delete"), c.Deletions...)
}
