package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"
)

// againDeadline is for a run that has nothing to do.
const againDeadline = 5 * time.Minute

// noChanges is what people and scripts look for in the output.
const noChanges = "no changes"

// TestSecondUpChangesNothing runs up again and lets the engine's own history say what it did. The one after that does not ask the
// engine, until there is something to ask. pulumi up by hand is the last.
//
//nolint:paralleltest // the stack has one lock
func TestSecondUpChangesNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), againDeadline)
	defer cancel()
	before := lastRun(ctx, t)
	mustSayNoChanges(ctx, t)
	second := lastRun(ctx, t)
	if second.StartTime == before.StartTime || second.Kind != "update" || second.Result != "succeeded" {
		t.Fatalf("the last run is not this one: %+v, before it %+v", second, before)
	}
	changes := maps.Clone(second.ResourceChanges)
	if changes["same"] == 0 {
		t.Error("control: the run saw no resource")
	}
	delete(changes, "same")
	if len(changes) > 0 {
		t.Errorf("the second up changed resources: %v", changes)
	}
	mustSayNoChanges(ctx, t)
	if third := lastRun(ctx, t); third.StartTime != second.StartTime {
		t.Errorf("the third up asked the engine what the second had asked: %+v", third)
	}
	if err := os.Chtimes(product.ConfigFile, time.Time{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	mustSayNoChanges(ctx, t)
	fourth := lastRun(ctx, t)
	if fourth.StartTime == second.StartTime {
		t.Error("the stack's file was written, and up did not ask the engine")
	}
	// By hand it is the same program, with the same settings.
	if _, err := product.Pulumi(ctx, "up", "--yes", "--skip-preview", "--non-interactive"); err != nil {
		t.Fatal(err)
	}
	byHand := lastRun(ctx, t)
	if byHand.StartTime == fourth.StartTime || byHand.Kind != "update" || byHand.Result != "succeeded" ||
		!maps.Equal(byHand.ResourceChanges, second.ResourceChanges) {
		t.Errorf("pulumi up by hand: %+v, and rampart up: %+v", byHand, second)
	}
}

func mustSayNoChanges(ctx context.Context, t *testing.T) {
	t.Helper()
	result, err := product.Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ToLower(result.Output()), noChanges) {
		t.Errorf("does not say %q:\n%s", noChanges, result)
	}
}

// engineRun is what the engine notes of a run.
type engineRun struct {
	StartTime       string
	Kind, Result    string
	ResourceChanges map[string]int
}

// lastRun is the last one in the engine's own history.
func lastRun(ctx context.Context, t *testing.T) engineRun {
	t.Helper()
	history, err := product.Pulumi(ctx, "stack", "history", "--stack", product.Stack, "--json", "--page-size=1", "--page=1")
	if err != nil {
		t.Fatal(err)
	}
	var runs []engineRun
	if err := json.Unmarshal([]byte(history), &runs); err != nil {
		t.Fatalf("%v in %s", err, history)
	}
	if len(runs) == 0 {
		t.Fatal("the engine knows of no run")
	}
	return runs[0]
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
