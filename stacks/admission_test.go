package stacks

import (
	"strings"
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

// TestLevelDecidesDigests: so does a waiver, and nothing else.
func TestLevelDecidesDigests(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	waived := []Waiver{{
		Control: digestControl, Scope: baseline.ScopeCluster, Reason: "The vendor publishes no digests.", Owner: "platform",
		Expires: time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
	}}
	for _, test := range []struct {
		says    string
		level   baseline.Level
		waivers []Waiver
		given   *bool
		want    bool
	}{
		{"restricted", baseline.LevelRestricted, nil, nil, true},
		{"restricted, waived", baseline.LevelRestricted, waived, nil, false},
		{"baseline", baseline.LevelBaseline, nil, nil, false},
		{"baseline, asked for", baseline.LevelBaseline, nil, &yes, true},
		{"restricted, waived, and asked for", baseline.LevelRestricted, waived, &yes, true},
		{"restricted, waived, and not asked for", baseline.LevelRestricted, waived, &no, false},
	} {
		config := Default()
		config.Baseline.Level, config.Baseline.Waivers, config.Admission.DigestRequired = test.level, test.waivers, test.given
		resolved, err := config.Resolve(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := (run{config: config, resolved: resolved}).digestRequired(); got != test.want {
			t.Errorf("%s: digests are required: %t", test.says, got)
		}
	}
}

// TestTokensAreNotSaidToBeAskedFor where the level lets pods have them unasked.
func TestTokensAreNotSaidToBeAskedFor(t *testing.T) {
	t.Parallel()
	for level, want := range map[baseline.Level]bool{baseline.LevelRestricted: true, baseline.LevelBaseline: false} {
		config := Default()
		config.Baseline.Level = level
		resolved, err := config.Resolve(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Join(run{config: config, resolved: resolved}.enforced(facts()), "\n")
		if got := strings.Contains(lines, "tokens or ways in that nobody asked for"); got != want {
			t.Errorf("level %s: tokens are said to be asked for: %t\n%s", level, got, lines)
		}
	}
}
