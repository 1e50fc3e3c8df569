package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

// againDeadline is for a run that has nothing to do.
const againDeadline = 5 * time.Minute

// noChanges is what people and scripts look for in the output.
const noChanges = "no changes"

// TestSecondUpChangesNothing runs up again and lets the engine's own history say what it did.
//
//nolint:paralleltest // the stack has one lock
func TestSecondUpChangesNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), againDeadline)
	defer cancel()
	result, err := product.Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ToLower(result.Output()), noChanges) {
		t.Errorf("does not say %q:\n%s", noChanges, result)
	}
	history, err := product.Pulumi(ctx, "stack", "history", "--stack", product.Stack, "--json", "--page-size=1", "--page=1")
	if err != nil {
		t.Fatal(err)
	}
	var runs []struct {
		Kind, Result    string
		ResourceChanges map[string]int
	}
	if err := json.Unmarshal([]byte(history), &runs); err != nil {
		t.Fatalf("%v in %s", err, history)
	}
	if len(runs) == 0 || runs[0].Kind != "update" || runs[0].Result != "succeeded" {
		t.Fatalf("the last run is not this one: %s", history)
	}
	changes := maps.Clone(runs[0].ResourceChanges)
	if changes["same"] == 0 {
		t.Error("control: the run saw no resource")
	}
	delete(changes, "same")
	if len(changes) > 0 {
		t.Errorf("the second up changed resources: %v", changes)
	}
}

// TestPreviewOfAnUnchangedStackIsEmpty is for whoever looks before leaping.
//
//nolint:paralleltest // the stack has one lock
func TestPreviewOfAnUnchangedStackIsEmpty(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), againDeadline)
	defer cancel()
	result, err := product.Preview(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ToLower(result.Output()), noChanges) {
		t.Errorf("does not say %q:\n%s", noChanges, result)
	}
}
