package stacks

import (
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/admission"
)

// TestLevelDecidesBounds: what the stack names wins over its level.
func TestLevelDecidesBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		level baseline.Level
		named string
		want  admission.ResourceBounds
	}{
		{baseline.LevelRestricted, "", ""}, // the component's own default, which is all
		{baseline.LevelBaseline, "", admission.BoundsNone},
		{baseline.LevelBaseline, "without-cpu-limit", admission.BoundsWithoutCPULimit},
	} {
		config := Default()
		config.Baseline.Level, config.Admission.Resources = test.level, test.named
		resolved, err := config.Resolve(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := (run{config: config, resolved: resolved}).bounds(); got != test.want {
			t.Errorf("level %s, %q named: got %q, want %q", test.level, test.named, got, test.want)
		}
	}
}
