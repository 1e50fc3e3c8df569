package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify/live"
)

// parallel is how many attacks run at once: they wait more than they work.
const parallel = 16

// Run attacks a cluster. What it returns with an error is what was found until then; the error is the context's, or says
// why nothing could be started.
func Run(ctx context.Context, cluster *live.Cluster, options Options) (*Report, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	scope, err := newScope(cluster)
	if err != nil {
		return nil, err
	}
	scope.TLSFloor = options.TLSFloor
	report := &Report{
		Cluster: cluster.Admin.Host, Run: scope.ID, Started: time.Now().UTC().Truncate(time.Second),
		Stack: options.Stack, Baseline: asked(options.Baseline),
		Results: []Result{}, Unreachable: unreachable(cluster), Left: []string{},
		Connections: []Connection{}, Rights: []Right{},
	}
	if version, err := cluster.Client.Discovery().ServerVersion(); err == nil {
		report.Version = version.GitVersion
		options.Baseline = options.Baseline.On(baseline.KubernetesVersion(version.GitVersion))
	}
	// The namespace that every cluster has from its first moment, and no cluster loses: what has the same is the same cluster.
	if system, err := cluster.Client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{}); err == nil {
		report.ClusterID = string(system.UID)
	}
	var over []baseline.Waiver
	options.Baseline, over = options.Baseline.At(report.Started)
	wanted := map[baseline.ControlID]bool{}
	for _, control := range options.Baseline.Controls {
		if options.chosen(control.Control) {
			result, settled := options.settled(control, cluster.Remote)
			result.EndedWaivers = waiversOf(slices.DeleteFunc(slices.Clone(over), func(waiver baseline.Waiver) bool {
				return waiver.Control != control.ID
			}))
			for _, waiver := range result.EndedWaivers {
				fmt.Fprintf(options.Progress, "%s: %s\n", control.ID, waiver.Ended())
			}
			wanted[control.ID] = !settled
			report.Results = append(report.Results, result)
		}
	}
	r := &run{Options: options, scope: scope, wanted: wanted, trials: map[string]*Trial{}}
	r.choose()
	started := time.Now()
	cause := r.all(ctx)
	if cause == nil {
		cause = r.answers(ctx) // attacks on a cluster that is gone end sooner than anybody is sure of it
	}
	fmt.Fprintln(options.Progress, "cleaning up")
	deadline := cleanupDeadline
	if errors.Is(cause, ErrGone) {
		deadline = goneDeadline
	}
	report.Left = append(report.Left, scope.cleanup(ctx, deadline)...)
	report.Seconds = seconds(time.Since(started))
	for i := range report.Results {
		if wanted[report.Results[i].Control] {
			r.judge(&report.Results[i])
		}
	}
	r.observed(report)
	report.Score = ScoreOf(report.Results)
	if cause != nil {
		report.Cut = cause.Error()
	}
	return report, ctx.Err()
}

// asked says what the baseline of a run is.
func asked(resolved baseline.Resolved) Asked {
	return Asked{Version: resolved.Version, Level: resolved.Level, Provider: resolved.Provider}
}

func unreachable(cluster *live.Cluster) []string {
	places := []string{}
	for _, place := range []struct {
		need Need
		why  error
	}{{NeedNodes, cluster.WithoutEngine}, {NeedPods, cluster.WithoutImage}} {
		if place.why != nil {
			places = append(places, fmt.Sprintf("%s: %v", place.need, place.why))
		}
	}
	return places
}

func seconds(duration time.Duration) float64 { return float64(duration.Milliseconds()) / 1000 }

// run is one call of Run.
type run struct {
	Options
	scope   *Scope
	wanted  map[baseline.ControlID]bool
	attacks []Attack

	mutex  sync.Mutex
	trials map[string]*Trial
	ended  []endedAttack
}

type endedAttack struct {
	Attack
	err      error
	duration time.Duration
}

// choose takes the attacks that say something of the controls that were asked for. What is about nodes and more is judged by
// the rest, where nobody can stand on nodes.
func (r *run) choose() {
	for _, attack := range r.Attacks {
		impossible := r.scope.Remote && slices.Contains(attack.Needs, NeedNodes)
		if !impossible && slices.ContainsFunc(attack.Proves, func(id baseline.ControlID) bool { return r.wanted[id] }) {
			r.attacks = append(r.attacks, attack)
		}
	}
}

// all makes every attack. It returns why it stopped before the last one, if it did.
func (r *run) all(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go r.watch(watching, cancel)

	slots := make(chan struct{}, parallel)
	var workers sync.WaitGroup
	for _, attack := range r.attacks {
		if attack.Alone {
			continue
		}
		workers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			r.one(ctx, attack)
		})
	}
	workers.Wait()
	for _, attack := range r.attacks {
		if attack.Alone {
			r.one(ctx, attack)
		}
	}
	return context.Cause(ctx)
}

// one makes one attack and takes down how it ended.
func (r *run) one(ctx context.Context, attack Attack) {
	trial := &Trial{attack: attack}
	started := time.Now()
	err := r.prevented(ctx, attack)
	if err == nil {
		timeout := attack.Timeout
		if timeout == 0 {
			timeout = defaultTimeout
		}
		limited, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the attack did not end within %s", timeout))
		trial.over = limited.Err
		err = attack.Run(limited, r.scope, trial)
		if err != nil && limited.Err() != nil {
			err = context.Cause(limited)
		}
		cancel()
	}
	duration := time.Since(started)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.trials[attack.Name] = trial
	r.ended = append(r.ended, endedAttack{attack, err, duration})
	fmt.Fprintf(r.Progress, "%3d/%d  %-8s %-22s %5.1fs  %s\n", len(r.ended), len(r.attacks),
		r.worst(trial, attack, err), attack.Name, duration.Seconds(), attack.Does)
}

// worst is what became of the controls that were asked for, in a word.
func (r *run) worst(trial *Trial, attack Attack, err error) string {
	worst := held
	for _, id := range attack.Proves {
		if r.wanted[id] {
			worst = max(worst, trial.of(id, err).outcome)
		}
	}
	return map[outcome]string{held: "held", unclear: "unclear", broken: "BROKEN"}[worst]
}

// prevented says why an attack cannot be made here.
func (r *run) prevented(ctx context.Context, attack Attack) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for need, why := range map[Need]error{NeedNodes: r.scope.WithoutEngine, NeedPods: r.scope.WithoutImage} {
		if why != nil && slices.Contains(attack.Needs, need) {
			return fmt.Errorf("it needs %s: %w", need, why)
		}
	}
	return nil
}

// judge sums up what the attacks on a control found.
func (r *run) judge(result *Result) {
	var worst finding
	var evidence, ways []string
	for _, attack := range r.attacks { // in the order of the list, whichever ended first
		if !slices.Contains(attack.Proves, result.Control) {
			continue
		}
		at := slices.IndexFunc(r.ended, func(ended endedAttack) bool { return ended.Name == attack.Name })
		ended, trial := r.ended[at], r.trials[attack.Name]
		found := trial.of(result.Control, ended.err)
		result.Attacks = append(result.Attacks, AttackResult{
			Name: attack.Name, Does: attack.Does, Verdict: verdictOf(found.outcome), Evidence: oneLine(found.evidence),
			Controls: append([]string{}, trial.controls...), Seconds: seconds(ended.duration),
		})
		if found.outcome > worst.outcome {
			worst = found
		}
		if found.outcome == broken {
			ways = append(ways, found.evidence)
		}
		evidence = append(evidence, found.evidence)
	}
	if worst.outcome == broken {
		worst.evidence = strings.Join(ways, "; ")
	}
	result.Verdict, result.Evidence = verdictOf(worst.outcome), oneLine(worst.evidence)
	if worst.outcome == unclear {
		result.Why = WhyPrevented
	}
	if worst.outcome == held {
		result.Evidence = oneLine(strings.Join(evidence, "; "))
	}
}

func verdictOf(outcome outcome) Verdict {
	return []Verdict{held: Proven, unclear: NotVerifiable, broken: Failed}[outcome]
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Watching for a cluster that goes away.
const (
	watchInterval = 5 * time.Second
	watchTimeout  = 10 * time.Second
	watchMisses   = 3
)

// ErrGone says that the cluster went away in the middle of a run.
var ErrGone = errors.New("the cluster stopped answering")

// watch ends the run if the API server does not answer any more, so that no attack waits for its own timeout.
func (r *run) watch(ctx context.Context, end context.CancelCauseFunc) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := r.ask(ctx)
		missed++
		if err == nil {
			missed = 0
		}
		if missed >= watchMisses {
			end(fmt.Errorf("%w: %w", ErrGone, err))
			return
		}
	}
}

// ask asks the API server whether it lives.
func (r *run) ask(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	_, err := r.scope.Client.Discovery().RESTClient().Get().AbsPath("/livez").DoRaw(limited)
	return err
}

// answers is ErrGone if the API server does not answer any more. One that is only being restarted is given some time.
func (r *run) answers(ctx context.Context) error {
	var err error
	for range watchMisses {
		if err = r.ask(ctx); err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}
