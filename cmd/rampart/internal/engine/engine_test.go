package engine

import "testing"

func TestUnchanged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		changes map[string]int
		want    bool
	}{
		{nil, true},
		{map[string]int{"same": 64}, true},
		{map[string]int{"same": 64, "update": 1}, false},
		{map[string]int{"create": 1}, false},
		{map[string]int{"same": 3, "delete": 0}, true},
	} {
		if got := (Outcome{Changes: test.changes}).Unchanged(); got != test.want {
			t.Errorf("%v: got %t, want %t", test.changes, got, test.want)
		}
	}
}

func TestPlanned(t *testing.T) {
	t.Parallel()
	for summary, want := range map[string]bool{
		"x\n\nResources:\n    64 unchanged\n":                              false,
		"x\n\nResources:\n    + 64 to create\n":                            true,
		"x\n\nResources:\n    ~ 1 to update\n    63 unchanged\n":           true,
		"an engine that prints something else must not pass for unchanged": true,
	} {
		if got := planned(summary); got != want {
			t.Errorf("%q: got %t, want %t", summary, got, want)
		}
	}
}
