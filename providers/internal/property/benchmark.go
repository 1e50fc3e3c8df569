package property

import (
	"maps"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// Benchmark is a cloud's benchmark of CIS, as far as it is about what the cloud itself is asked for: its chapters 2 and 5. The
// others are about files on nodes and about what is in the cluster.
type Benchmark struct {
	// Items are all of these chapters, by their numbers.
	Items []string

	// Checks say what is wrong with the inputs of a cluster, and Elsewhere who answers an item that no input decides.
	Checks    mock.Items
	Elsewhere map[string]string

	// Sabotage breaks each check in one way or more.
	Sabotage map[string][]Sabotage
}

// Complete holds that each item is either checked or answered by somebody who is named, and that no other is.
func (b Benchmark) Complete(t *testing.T) {
	t.Helper()
	for _, id := range b.Items {
		_, checked := b.Checks[id]
		who := b.Elsewhere[id]
		switch {
		case !checked && who == "":
			t.Errorf("item %s: no check, and nobody who answers it", id)
		case checked && who != "":
			t.Errorf("item %s is checked, and somebody else answers it, too", id)
		}
	}
	for _, id := range slices.Concat(slices.Collect(maps.Keys(b.Checks)), slices.Collect(maps.Keys(b.Elsewhere))) {
		if !slices.Contains(b.Items, id) {
			t.Errorf("the benchmark has no item %s", id)
		}
	}
}

// Seen holds that each check finds nothing in a cluster that nobody has touched, and something in each that was broken.
func (b Benchmark) Seen(t *testing.T, make func() *mock.Engine) {
	t.Helper()
	for id, check := range b.Checks {
		if faults := check(t, make()); len(faults) > 0 {
			t.Errorf("control of item %s: %q", id, faults)
		}
		if len(b.Sabotage[id]) == 0 {
			t.Errorf("item %s: nobody says how to break it", id)
		}
		for _, sabotage := range b.Sabotage[id] {
			made := make()
			if !sabotage.apply(made) {
				t.Errorf("item %s: there is no %s to break", id, sabotage.Resource)
			}
			if len(check(t, made)) == 0 {
				t.Errorf("item %s does not see %s with %v", id, sabotage.Resource, sabotage.Change)
			}
		}
	}
}
