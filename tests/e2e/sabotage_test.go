package e2e

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attacks"
)

// sabotage breaks controls on the cluster that stands.
type sabotage struct {
	says string
	// does breaks it and returns what puts it back.
	does func(t *testing.T) (undo func(context.Context) error)
	// fails are the controls that verify must then report as failed, and no other of those that it is asked about.
	fails []baseline.ControlID
	// evidence is what the evidence of those must name.
	evidence []string
}

// lane is a row of rounds that are done one after the other; verify is asked about its areas only. Lanes do not meet, and run at
// the same time.
type lane struct {
	areas []string
	// rounds are sabotages that are done together, since no two of a round have to do with the same control, but where evidence
	// tells them apart.
	rounds [][]sabotage
	// watched are done at the end, between two rounds of a watch.
	watched []sabotage
}

func lanes() []lane {
	return []lane{
		{areas: []string{"DAT", "CPL", "NOD"}, rounds: nodeSabotages()},
		{areas: []string{"AUD"}, watched: auditSabotages()},
		{areas: []string{"NET"}, rounds: networkSabotages()},
		{areas: []string{"ACC"}, rounds: accessSabotages()},
		{areas: []string{"ADM", "IMG", "TEN"}, rounds: admissionSabotages()},
	}
}

// apart has every sabotage be done alone, as "make test-full" does: it takes three times as long.
var apart = flag.Bool("apart", false, "sabotage the cluster one by one")

// all are the sabotages of a lane.
func (l lane) all() []sabotage { return slices.Concat(slices.Concat(l.rounds...), l.watched) }

// runs are the sabotages to be done, each followed by a verification: a round at once, or one by one.
func (l lane) runs() []sabotage {
	if *apart {
		return l.all()
	}
	var runs []sabotage
	for _, round := range l.rounds {
		runs = append(runs, merge(round))
	}
	return runs
}

// merge makes one sabotage of several.
func merge(round []sabotage) sabotage {
	var merged sabotage
	var does []func(*testing.T) func(context.Context) error
	for _, each := range round {
		if merged.says != "" {
			merged.says += ", "
		}
		merged.says += each.says
		does = append(does, each.does)
		merged.fails = append(merged.fails, each.fails...)
		merged.evidence = append(merged.evidence, each.evidence...)
	}
	merged.does = together(does...)
	slices.Sort(merged.fails)
	merged.fails = slices.Compact(merged.fails)
	return merged
}

// unsabotaged are the controls that verify attacks and no test breaks, each with the reason.
var unsabotaged = map[baseline.ControlID]string{
	"RMP-ADM-012": "it is seen failing on an API server without the policy, in tests/apiserver/verify",
}

// TestVerifySeesSabotage breaks controls and wants to be told of exactly those.
//
//nolint:paralleltest // others need the cluster whole
func TestVerifySeesSabotage(t *testing.T) {
	t.Run("lanes", func(t *testing.T) {
		for _, lane := range lanes() {
			t.Run(strings.Join(lane.areas, " "), func(t *testing.T) {
				t.Parallel()
				for _, row := range lane.runs() {
					t.Run(row.says, func(t *testing.T) { row.isSeen(t, lane.areas) })
				}
				if len(lane.watched) > 0 {
					watched := merge(lane.watched)
					t.Run("watched: "+watched.says, func(t *testing.T) { watched.isWatched(t, lane.areas) })
				}
			})
		}
	})
	t.Run("API server", func(t *testing.T) { apiServerSabotage().isSeen(t, []string{"CPL", "DAT", "AUD", "ADM"}) })
}

func (s sabotage) isSeen(t *testing.T, areas []string) {
	t.Helper()
	undo := s.does(t)
	t.Cleanup(func() {
		if err := undo(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("putting it back: %v", err)
		}
	})
	result, report, err := product.Verify(t.Context(), "--area", strings.Join(areas, ","))
	if err != nil {
		t.Fatal(err)
	}
	var failed []baseline.ControlID
	evidence := ""
	for _, each := range report.Results {
		switch {
		case each.Verdict == verify.Failed:
			failed = append(failed, each.Control)
			evidence += each.Evidence + "\n"
			t.Logf("%s: %s", each.Control, each.Evidence)
		case each.Why == verify.WhyPrevented:
			t.Errorf("%s could not be verified: %s", each.Control, each.Evidence)
		}
	}
	slices.Sort(s.fails)
	slices.Sort(failed)
	if !slices.Equal(failed, s.fails) {
		t.Errorf("verify reports %v, want %v", failed, s.fails)
	}
	for _, want := range s.evidence {
		if !strings.Contains(evidence, want) {
			t.Errorf("no evidence names %q:\n%s", want, evidence)
		}
	}
	if result.ExitCode != verify.ExitFailed {
		t.Errorf("exit status %d, want %d", result.ExitCode, verify.ExitFailed)
	}
}

// TestNearlyEveryControlIsSabotaged: a control that verify cannot be seen to find broken is not proven by it.
func TestNearlyEveryControlIsSabotaged(t *testing.T) {
	t.Parallel()
	broken := map[baseline.ControlID]bool{}
	for _, lane := range lanes() {
		for _, row := range lane.all() {
			for _, id := range row.fails {
				broken[id] = true
			}
		}
	}
	for _, id := range apiServerSabotage().fails {
		broken[id] = true
	}
	attacked, seen := 0, 0
	for _, control := range baseline.Controls() {
		if control.Enforcement[baseline.ProviderKind].State != baseline.StateEnforced || attacks.Elsewhere()[control.ID] != "" {
			continue
		}
		attacked++
		_, excused := unsabotaged[control.ID]
		switch {
		case broken[control.ID]:
			seen++
		case !excused:
			t.Errorf("%s (%s) is attacked by verify, and no test breaks it: add a sabotage, or say in unsabotaged why there is none",
				control.ID, control.Title)
		}
		if broken[control.ID] && excused {
			t.Errorf("%s is broken by a test, and unsabotaged says that it cannot be", control.ID)
		}
	}
	const least = 90
	if 100*seen < least*attacked {
		t.Errorf("%d of %d controls are sabotaged, want %d %%", seen, attacked, least)
	}
}

func ids(controls ...baseline.ControlID) []baseline.ControlID { return controls }
