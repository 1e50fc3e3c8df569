package cis

import (
	"slices"
	"strings"
	"testing"
)

func evaluate(t *testing.T, node Node, role Role) []Result {
	t.Helper()
	results, err := Evaluate(t.Context(), node, role)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// notPassed returns the identifiers of the items that did not pass.
func notPassed(results []Result, automated bool) []string {
	var ids []string
	for _, result := range results {
		if result.Automated == automated && result.Verdict != Passed {
			ids = append(ids, result.ID)
		}
	}
	return ids
}

func TestEveryAutomatedItemIsThere(t *testing.T) {
	t.Parallel()
	automated, manual := Checks(ControlPlane)
	if len(automated) != 65 {
		t.Errorf("%d automated items, the benchmark has 65 in the sections 1 to 4", len(automated))
	}
	if len(manual) != 28 {
		t.Errorf("%d of the other items, want 28", len(manual))
	}
	ofKubelets, _ := Checks(Worker)
	for _, id := range ofKubelets {
		if !strings.HasPrefix(id, "4.") {
			t.Errorf("a worker is held to %s", id)
		}
	}
	if len(ofKubelets) != 12 {
		t.Errorf("a worker is held to %d automated items, section 4 has 12", len(ofKubelets))
	}
	all := append(automated, manual...)
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("an item is there twice: %v", all)
	}
}

// TestVanillaKindFails what it is known to fail. A checker that finds less would pass a cluster that is not hardened.
func TestVanillaKindFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		node, automated, manual string
		role                    Role
	}{
		{
			node: "vanilla-control-plane", role: ControlPlane,
			automated: "1.1.12 1.2.5 1.2.15 1.2.16 1.2.17 1.2.18 1.2.19 1.2.30 1.3.2 1.4.1 4.1.1 4.1.9",
			manual:    "1.1.9 1.2.1 1.2.3 1.2.9 1.2.11 1.2.20 1.2.27 1.2.28 1.2.29 1.3.1 3.2.1 4.2.5 4.2.8 4.2.9 4.2.12 4.2.13 4.2.14",
		},
		{
			node: "vanilla-worker", role: Worker,
			automated: "4.1.1 4.1.9", manual: "4.2.5 4.2.8 4.2.9 4.2.12 4.2.13 4.2.14",
		},
	} {
		t.Run(test.node, func(t *testing.T) {
			t.Parallel()
			results := evaluate(t, readFixture(t, test.node), test.role)
			if got := strings.Join(notPassed(results, true), " "); got != test.automated {
				t.Errorf("automated items that do not pass: %s\nwant %s", got, test.automated)
			}
			if got := strings.Join(notPassed(results, false), " "); got != test.manual {
				t.Errorf("other items that do not pass: %s\nwant %s", got, test.manual)
			}
			for _, result := range results {
				if result.Evidence == "" || strings.Contains(result.Evidence, "\n") {
					t.Errorf("%s: the evidence is not one line: %q", result.ID, result.Evidence)
				}
				if result.Title == "" || result.Remedy == "" {
					t.Errorf("%s says too little: %+v", result.ID, result)
				}
			}
		})
	}
}

// TestNothingPassesOnAnEmptyNode: what is not there is not fulfilled, but for the files that need not be there.
func TestNothingPassesOnAnEmptyNode(t *testing.T) {
	t.Parallel()
	var passed []string
	for _, result := range evaluate(t, &fixture{}, ControlPlane) {
		if result.Verdict == Passed {
			passed = append(passed, result.ID)
		}
	}
	if got := strings.Join(passed, " "); got != "4.1.3 4.1.4 4.3.1" {
		t.Errorf("these pass on a node on which nothing is: %s", got)
	}
}
