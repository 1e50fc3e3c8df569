package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify/live"
)

// silentCluster answers that it lives, and nothing else.
func silentCluster(t *testing.T) *live.Cluster {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			_, _ = w.Write([]byte(`{"gitVersion":"v1.37.0"}`))
		}
	}))
	t.Cleanup(server.Close)
	config := &rest.Config{Host: server.URL}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return &live.Cluster{Admin: config, Client: client, WithoutEngine: errors.New("no engine here")}
}

// controls are the first of the catalogue that are enforced, to attack in tests.
func enforced(t *testing.T, count int) []baseline.ControlID {
	t.Helper()
	var found []baseline.ControlID
	for _, control := range baseline.Controls() {
		if control.Enforcement[baseline.ProviderKind].State == baseline.StateEnforced && len(found) < count {
			found = append(found, control.ID)
		}
	}
	return found
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	control := enforced(t, 1)[0]
	good := func(trial *Trial) { _ = trial.Control("the decent one succeeds", nil) }
	for _, test := range []struct {
		says string
		runs []func(*Trial) error
		want Verdict
		text string
	}{
		{"held with a control experiment", []func(*Trial) error{func(trial *Trial) error {
			good(trial)
			trial.Held(control, "nothing got through")
			return nil
		}}, Proven, "nothing got through"},
		{"held without a control experiment", []func(*Trial) error{func(trial *Trial) error {
			trial.Held(control, "nothing got through")
			return nil
		}}, NotVerifiable, "no control experiment"},
		{"the control experiment fails", []func(*Trial) error{func(trial *Trial) error {
			return trial.Control("the decent one succeeds", errors.New("no network"))
		}}, NotVerifiable, "no network"},
		{"held, and then an error", []func(*Trial) error{func(trial *Trial) error {
			good(trial)
			trial.Held(control, "so far")
			return errors.New("the second half did not run")
		}}, NotVerifiable, "second half"},
		{"broken, and then an error", []func(*Trial) error{func(trial *Trial) error {
			trial.Broken(control, "it got\nthrough")
			return errors.New("and then")
		}}, Failed, "it got through"},
		{"broken in several ways", []func(*Trial) error{
			func(trial *Trial) error {
				for _, way := range []string{"by a door", "by a window", "by a door"} {
					trial.Broken(control, "%s", way)
				}
				trial.Held(control, "not by the roof")
				return nil
			},
			func(trial *Trial) error { trial.Broken(control, "by the cellar"); return nil },
		}, Failed, "by a door; by a window; by the cellar"},
		{"broken in many ways", []func(*Trial) error{func(trial *Trial) error {
			for i := range 23 {
				trial.Broken(control, "way %d", i)
			}
			return nil
		}}, Failed, "way 6; way 7; and 15 more"},
		{"nothing said", []func(*Trial) error{func(trial *Trial) error { good(trial); return nil }}, NotVerifiable, "said nothing"},
		{"one of two attacks gets through", []func(*Trial) error{
			func(trial *Trial) error { good(trial); trial.Held(control, "not here"); return nil },
			func(trial *Trial) error { good(trial); trial.Broken(control, "but here"); return nil },
		}, Failed, "but here"},
		{"one of two attacks cannot be made", []func(*Trial) error{
			func(trial *Trial) error { good(trial); trial.Held(control, "not here"); return nil },
			func(*Trial) error { return errors.New("no way in") },
		}, NotVerifiable, "no way in"},
	} {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()
			var attacks []Attack
			for i, run := range test.runs {
				attacks = append(attacks, Attack{
					Name: "attack-" + string(rune('a'+i)), Does: "try", Proves: []baseline.ControlID{control},
					Run: func(_ context.Context, _ *Scope, trial *Trial) error { return run(trial) },
				})
			}
			report, err := Run(t.Context(), silentCluster(t), Options{Attacks: attacks, Controls: []baseline.ControlID{control}})
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Results) != 1 {
				t.Fatalf("%d results", len(report.Results))
			}
			if got := report.Results[0]; got.Verdict != test.want || !strings.Contains(got.Evidence, test.text) {
				t.Errorf("got %s: %s, want %s: %s", got.Verdict, got.Evidence, test.want, test.text)
			}
			want := map[Verdict]int{Proven: ExitHeld, Failed: ExitFailed, NotVerifiable: ExitNotRun}[test.want]
			if got := report.Exit(baseline.SeverityLow); got != want {
				t.Errorf("exit status %d, want %d", got, want)
			}
		})
	}
}

// TestAWaiverThatIsOverLetsNothingGo: its control is attacked like any other, and everybody who reads the result is told.
func TestAWaiverThatIsOverLetsNothingGo(t *testing.T) {
	t.Parallel()
	ids := enforced(t, 2)
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
	resolved, err := baseline.ResolveStanding(baseline.LevelRestricted, baseline.Version202611, baseline.ProviderKind, []baseline.Waiver{
		{Control: ids[0], Scope: "tenant/blue", Reason: "a test", Owner: "web", Expires: day(-1)},
		{Control: ids[1], Scope: "cluster", Reason: "a test", Owner: "web", Expires: day(0)},
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	report, err := Run(t.Context(), silentCluster(t), Options{
		Baseline: resolved, Controls: ids, Progress: &progress,
		Attacks: []Attack{{
			Name: "attack", Does: "try", Proves: ids,
			Run: func(_ context.Context, _ *Scope, trial *Trial) error {
				for _, id := range ids {
					trial.Broken(id, "it got through")
				}
				return nil
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	over, holding := report.Results[0], report.Results[1]
	if over.Control != ids[0] {
		over, holding = holding, over
	}
	if over.Verdict != Failed || len(over.Waivers) > 0 || len(over.EndedWaivers) != 1 || over.EndedWaivers[0].Expires != day(-1) {
		t.Errorf("over: %+v", over)
	}
	if holding.Verdict != Waived || len(holding.EndedWaivers) > 0 {
		t.Errorf("on its last day: %+v", holding)
	}
	if status := report.Exit(baseline.SeverityLow); status != ExitFailed {
		t.Errorf("exit status %d", status)
	}
	said := "the waiver for tenant/blue (web) is over, its last day was " + day(-1)
	if !strings.Contains(progress.String(), string(ids[0])+": "+said) {
		t.Errorf("progress: %s", progress.String())
	}
	for _, write := range []func(io.Writer, *Report) error{WriteTable, WriteJUnit, WriteSARIF, WriteOSCAL} {
		var out bytes.Buffer
		if err := write(&out, report); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), said) {
			t.Errorf("%q is not in\n%s", said, out.String())
		}
	}
}

func TestMildFailuresMayBePassedOver(t *testing.T) {
	t.Parallel()
	report := Report{Results: []Result{{Verdict: Failed, Severity: baseline.SeverityMedium}}}
	for least, want := range map[baseline.Severity]int{
		baseline.SeverityLow: ExitFailed, baseline.SeverityMedium: ExitFailed, baseline.SeverityHigh: ExitHeld,
	} {
		if got := report.Exit(least); got != want {
			t.Errorf("fail on %s: exit status %d, want %d", least, got, want)
		}
	}
}

func TestWhatCannotBeStoodInIsSaid(t *testing.T) {
	t.Parallel()
	control := enforced(t, 1)[0]
	report, err := Run(t.Context(), silentCluster(t), Options{
		Controls: []baseline.ControlID{control},
		Attacks: []Attack{{
			Name: "on-nodes", Proves: []baseline.ControlID{control}, Needs: []Need{NeedNodes},
			Run: func(context.Context, *Scope, *Trial) error { panic("it runs") },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Results[0]; got.Why != WhyPrevented || !strings.Contains(got.Evidence, "no engine here") {
		t.Errorf("%+v", got)
	}
	if len(report.Unreachable) != 1 || !strings.Contains(report.Unreachable[0], "no engine here") {
		t.Errorf("unreachable: %v", report.Unreachable)
	}
}

// TestRemoteNodesAreNoFault: what shows on the nodes of a cloud is the cloud's to answer for, or was proven by a test, and what
// is in the cluster is attacked.
func TestRemoteNodesAreNoFault(t *testing.T) {
	t.Parallel()
	cluster := silentCluster(t)
	cluster.Remote, cluster.WithoutEngine = true, errors.New("they are machines of the cloud")
	asked, err := baseline.Resolve(baseline.LevelRestricted, baseline.Version202611, baseline.ProviderEKS, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pick := func(state baseline.State, proof bool) baseline.ControlID {
		for _, control := range asked.Controls {
			if control.State == state && (control.Enforcement[baseline.ProviderEKS].Proof != "") == proof {
				return control.ID
			}
		}
		t.Fatalf("no control is %s", state)
		return ""
	}
	answered, asserted := pick(baseline.StateByCloud, false), pick(baseline.StateEnforced, true)
	inside := pick(baseline.StateEnforced, false)
	attack := func(name string, needs []Need, proves ...baseline.ControlID) Attack {
		return Attack{Name: name, Needs: needs, Proves: proves, Run: func(_ context.Context, _ *Scope, trial *Trial) error {
			if len(needs) > 0 {
				t.Errorf("%s is made", name)
			}
			for _, id := range proves {
				trial.Held(id, "held")
			}
			return trial.Control("control", nil)
		}}
	}
	report, err := Run(t.Context(), cluster, Options{
		Baseline: asked, Controls: []baseline.ControlID{answered, asserted, inside},
		Attacks: []Attack{
			attack("on-nodes", []Need{NeedNodes}, answered, asserted, inside), attack("inside", nil, inside),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[baseline.ControlID]Result{}
	for _, result := range report.Results {
		got[result.Control] = result
	}
	setting := asked.Controls[slices.IndexFunc(asked.Controls, func(control baseline.ResolvedControl) bool {
		return control.ID == answered
	})].Enforcement[baseline.ProviderEKS].Setting
	if result := got[answered]; result.Why != WhyByCloud || !strings.Contains(result.Evidence, setting) {
		t.Errorf("%+v", result)
	}
	if result := got[asserted]; result.Why != WhyElsewhere || !strings.Contains(result.Evidence, "see providers/eks") {
		t.Errorf("%+v", result)
	}
	if result := got[inside]; result.Verdict != Proven || len(result.Attacks) != 1 {
		t.Errorf("%+v", result)
	}
	if len(report.Unreachable) != 1 || report.Exit(baseline.SeverityLow) != ExitHeld {
		t.Errorf("unreachable %v, exit status %d", report.Unreachable, report.Exit(baseline.SeverityLow))
	}
}

// TestInterruptionCleansUpAndKeepsWhatWasFound interrupts a run while one attack has ended and another has not.
func TestInterruptionCleansUpAndKeepsWhatWasFound(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	controls := enforced(t, 2)
	var undone atomic.Int32
	var progress bytes.Buffer
	report, err := Run(ctx, silentCluster(t), Options{
		Controls: controls, Progress: &progress,
		Attacks: []Attack{{
			Name: "quick", Proves: controls[:1],
			Run: func(_ context.Context, _ *Scope, trial *Trial) error {
				trial.Broken(controls[0], "found")
				return nil
			},
		}, {
			Name: "slow", Alone: true, Proves: controls[1:],
			Run: func(ctx context.Context, scope *Scope, _ *Trial) error {
				scope.Defer("what it made", func(ctx context.Context) error {
					undone.Add(1)
					return ctx.Err()
				})
				cancel()
				<-ctx.Done()
				return ctx.Err()
			},
		}},
	})
	if !errors.Is(err, context.Canceled) || report == nil {
		t.Fatalf("got %v", err)
	}
	if undone.Load() != 1 || len(report.Left) > 0 {
		t.Errorf("cleaned up %d times, left %v", undone.Load(), report.Left)
	}
	if report.Results[0].Verdict != Failed || report.Results[1].Verdict != NotVerifiable || report.Cut == "" {
		t.Errorf("%+v", report)
	}
	if !strings.Contains(progress.String(), "BROKEN") {
		t.Errorf("progress: %s", progress.String())
	}
}

// TestWhatEndsSaysNothing: who waits for a control to act and is interrupted has not seen it fail.
func TestWhatEndsSaysNothing(t *testing.T) {
	t.Parallel()
	controls := enforced(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	report, err := Run(ctx, silentCluster(t), Options{Controls: controls, Attacks: []Attack{{
		Name: "waiting", Proves: controls,
		Run: func(ctx context.Context, _ *Scope, trial *Trial) error {
			trial.Broken(controls[0], "it got through before")
			cancel()
			<-ctx.Done()
			trial.Broken(controls[1], "it is still honoured")
			return ctx.Err()
		},
	}}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := report.Results[0]; got.Verdict != Failed {
		t.Errorf("what was seen before is %s: %s", got.Verdict, got.Evidence)
	}
	if got := report.Results[1]; got.Verdict != NotVerifiable {
		t.Errorf("what was waited for is %s: %s", got.Verdict, got.Evidence)
	}
}

func TestAttacksEndInTime(t *testing.T) {
	t.Parallel()
	control := enforced(t, 1)[0]
	report, err := Run(t.Context(), silentCluster(t), Options{
		Controls: []baseline.ControlID{control},
		Attacks: []Attack{{
			Name: "endless", Proves: []baseline.ControlID{control}, Timeout: 50 * time.Millisecond,
			Run: func(ctx context.Context, _ *Scope, _ *Trial) error { <-ctx.Done(); return ctx.Err() },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Results[0].Evidence; !strings.Contains(got, "did not end within 50ms") {
		t.Errorf("evidence: %s", got)
	}
}

func TestWhatIsLeftBehindIsSaid(t *testing.T) {
	t.Parallel()
	control := enforced(t, 1)[0]
	report, err := Run(t.Context(), silentCluster(t), Options{
		Controls: []baseline.ControlID{control},
		Attacks: []Attack{{
			Name: "untidy", Proves: []baseline.ControlID{control},
			Run: func(_ context.Context, scope *Scope, trial *Trial) error {
				scope.Defer("a thing", func(context.Context) error { return errors.New("it stays") })
				trial.Held(control, "held")
				return trial.Control("control", nil)
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Left) != 1 || report.Exit(baseline.SeverityLow) != ExitNotRun {
		t.Errorf("left %v, exit status %d", report.Left, report.Exit(baseline.SeverityLow))
	}
}

func TestUnknownControlsAndAreasAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	err := Options{Controls: []baseline.ControlID{"RMP-ZZZ-001"}, Areas: []baseline.Area{"ZZZ"}}.Validate()
	if err == nil || !strings.Contains(err.Error(), "RMP-ZZZ-001") || !strings.Contains(err.Error(), "ZZZ") {
		t.Errorf("got %v", err)
	}
}
