package plan

import (
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/plan"
)

// TestEnvironmentsDifferInSizeOnly: what becomes of each control is the same in development and in production. A waiver in a stack
// file, which would be the one way to another answer, is in none of them.
//
//nolint:paralleltest // the program reads the environment
func TestEnvironmentsDifferInSizeOnly(t *testing.T) {
	states := func(stack string) map[string]string {
		return statesOf(planned(t, stack, recorded(t, stack)).Controls)
	}
	for _, cloud := range []string{"eks", "aks", "gke"} {
		dev, prod := states(cloud+"-dev"), states(cloud+"-prod")
		if len(prod) == 0 || len(dev) != len(prod) {
			t.Errorf("%s: %d controls in dev, and %d in prod", cloud, len(dev), len(prod))
		}
		for id, state := range prod {
			if dev[id] != state || state == string(baseline.StateWaived) {
				t.Errorf("%s: %s is %s in dev, and %s in prod", cloud, id, dev[id], state)
			}
		}
	}
}

// statesOf is what becomes of each control.
func statesOf(controls plan.Controls) map[string]string {
	states := map[string]string{}
	for _, state := range controls.States {
		for _, control := range state.Controls {
			states[control.ID] = state.State
		}
	}
	return states
}
