package suite

import (
	"strings"
	"testing"
)

// up brings a cluster up, with all that goes into it. From outside, what goes into the cluster comes later: nothing of it is
// touched by the first stage, which can be run again.
func (c Cloud) up(t *testing.T, made *Installation) {
	t.Helper()
	server := made.startCluster(t)
	for range 2 {
		result, err := made.Run(t.Context(), "up", "--stage", "cloud")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(result.Output(), "kubernetes:core") {
			t.Errorf("the first stage makes something in the cluster:\n%s", result)
		}
	}
	if c.BeforeLayers != nil {
		c.BeforeLayers(t, made, server)
	}
	if _, err := made.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	created := made.calls(t, "create")
	report(t, made.Cluster, created, c.Orders...)
	if c.Created != nil {
		c.Created(t, made, created)
	}
}

func (c Cloud) upAgain(t *testing.T, made *Installation) {
	t.Helper()
	if again := made.run(t, "up"); !strings.Contains(again.Stdout, "No changes") {
		t.Errorf("a second run changes something:\n%s", again)
	}
	for _, method := range []string{"create", "update", "delete"} {
		made.expect(t, method, nil)
	}
}

// refuseDestroy: a cluster that is not ephemeral cannot be destroyed.
func (c Cloud) refuseDestroy(t *testing.T, made *Installation) {
	t.Helper()
	made.forget(t)
	if _, err := made.Destroy(t.Context()); err == nil || !strings.Contains(err.Error(), "protect") {
		t.Errorf("a cluster that is not ephemeral can be destroyed: %v", err)
	}
	made.expect(t, "delete", nil)
}
