package plan

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/plan"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/tests/framework/golden"
)

// TestPlans compares the plan of each stack with a file that people review, and holds it to what no plan of ours may lack.
//
//nolint:paralleltest // the program reads the environment
func TestPlans(t *testing.T) {
	for _, stack := range allStacks(t) {
		made := planned(t, stack, recorded(t, stack))
		if len(made.Public.Unjudged) > 0 {
			t.Errorf("%s: nobody judged %v", stack, made.Public.Unjudged)
		}
		if slices.ContainsFunc(made.Groups, func(group plan.Group) bool { return group.Name == "other" }) {
			t.Errorf("%s: some resources have no group: %v", stack, made.Groups)
		}
		var text bytes.Buffer
		if err := made.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		golden.Compare(t, filepath.Join("testdata", stack+".txt"), text.String())
	}
}

// planned judges a record by the configuration of a stack of this repository.
func planned(t *testing.T, stack string, record plan.Record) plan.Plan {
	t.Helper()
	values, err := stacks.ReadFile(filepath.Join(root, "stacks", stacks.FileName(stack)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC)
	config, err := stacks.Load(values, stacks.Host{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	subject, err := config.Subject(now)
	if err != nil {
		t.Fatal(err)
	}
	made, err := plan.New(record, subject)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
