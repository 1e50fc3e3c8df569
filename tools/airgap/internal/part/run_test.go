package part

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// quiet is a Reporter that counts.
type quiet struct {
	mu      sync.Mutex
	started []string
	failed  []string
}

func (q *quiet) Start(p *Part) (Task, func(error)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.started = append(q.started, p.Name)
	return noTask{}, func(err error) {
		q.mu.Lock()
		defer q.mu.Unlock()
		if err != nil {
			q.failed = append(q.failed, p.Name)
		}
	}
}

type noTask struct{}

func (noTask) Step(string, int64, int64) {}

func runner(t *testing.T) (*Runner, *quiet) {
	t.Helper()
	q := &quiet{}
	return &Runner{Store: Store{Root: filepath.Join(t.TempDir(), "store")}, Reporter: q}, q
}

// made writes one file, and counts how often.
func made(count *atomic.Int32) func(context.Context, *Job) error {
	return func(_ context.Context, job *Job) error {
		count.Add(1)
		return os.WriteFile(filepath.Join(job.Dir, "result"), []byte("done"), 0o644)
	}
}

func TestRunBuildsOnceAndThenFindsIt(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	var a, b atomic.Int32
	first := &Part{Name: "first", Build: made(&a)}
	second := &Part{Name: "second", Inputs: []*Part{first}, Build: func(ctx context.Context, job *Job) error {
		if _, err := os.Stat(filepath.Join(job.Input(first), "result")); err != nil {
			return err
		}
		return made(&b)(ctx, job)
	}}
	for range 2 {
		if _, err := r.Run(t.Context(), second); err != nil {
			t.Fatal(err)
		}
	}
	if a.Load() != 1 || b.Load() != 1 {
		t.Errorf("built %d and %d times, want once each", a.Load(), b.Load())
	}
	// The input may go once what was made from it is there.
	if err := r.Store.Remove(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	results, err := r.Run(t.Context(), second)
	if err != nil || a.Load() != 1 || len(results) != 1 || results[0].Built {
		t.Errorf("a finished part must not need its inputs: %v, %v, built %d", results, err, a.Load())
	}
}

func TestRunLeavesNothingOfAFailedPart(t *testing.T) {
	t.Parallel()
	r, q := runner(t)
	boom := errors.New("boom")
	bad := &Part{Name: "bad", Build: func(_ context.Context, job *Job) error {
		_ = os.WriteFile(filepath.Join(job.Dir, "half"), nil, 0o644)
		return boom
	}}
	var built atomic.Int32
	user := &Part{Name: "user", Inputs: []*Part{bad}, Build: made(&built)}
	_, err := r.Run(t.Context(), user)
	var failure *Error
	if !errors.As(err, &failure) || failure.Part != bad || !errors.Is(err, boom) {
		t.Fatalf("want the failure of part bad, got %v", err)
	}
	if built.Load() != 0 || len(q.failed) != 1 {
		t.Errorf("a part ran on a failed input, or the failure was not shown: %d, %v", built.Load(), q.failed)
	}
	left, err := filepath.Glob(filepath.Join(r.Store.Root, "bad-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	bad.Build = made(&built)
	if _, err := r.Run(t.Context(), user); err != nil {
		t.Errorf("the next run must go on from there: %v", err)
	}
}

func TestRunClearsWhatACrashLeft(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	var n atomic.Int32
	p := &Part{Name: "p", Build: made(&n)}
	dir, err := r.Store.Dir(p)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir+".tmp", "result"), "half")
	write(t, filepath.Join(dir+".tmp", "more"), "half")
	if has, err := r.Store.Has(p); err != nil || has {
		t.Fatal("a half-made part counts as finished")
	}
	if _, err := r.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("want only the result, got %v %v", entries, err)
	}
}

func TestTwoRunnersBuildAPartOnce(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	var n atomic.Int32
	slow := func() *Part {
		return &Part{Name: "slow", Build: func(ctx context.Context, job *Job) error {
			time.Sleep(50 * time.Millisecond)
			return made(&n)(ctx, job)
		}}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			other := &Runner{Store: r.Store, Reporter: &quiet{}}
			if _, err := other.Run(t.Context(), slow()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n.Load() != 1 {
		t.Errorf("built %d times, want once", n.Load())
	}
}

func TestRunKeepsClassesApartAndLetsOthersRunTogether(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	r.Limits = map[Class]int{Compute: 1}
	var computing, most atomic.Int32
	compute := func(name string) *Part {
		return &Part{Name: name, Class: Compute, Build: func(context.Context, *Job) error {
			if n := computing.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(20 * time.Millisecond)
			computing.Add(-1)
			return nil
		}}
	}
	// Each of these two ends only if the other one runs.
	left, right := make(chan struct{}), make(chan struct{})
	meet := func(name string, mine, other chan struct{}) *Part {
		return &Part{Name: name, Class: Fetch, Build: func(ctx context.Context, _ *Job) error {
			close(mine)
			select {
			case <-other:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := r.Run(ctx, compute("a"), compute("b"), compute("c"), meet("l", left, right), meet("r", right, left)); err != nil {
		t.Fatal(err)
	}
	if most.Load() != 1 {
		t.Errorf("%d compute parts ran at once, want 1", most.Load())
	}
}

// TestWaitingForAnotherRunIsShownAndCanBeInterrupted: another clone may build the same part for minutes.
func TestWaitingForAnotherRunIsShownAndCanBeInterrupted(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	release, err := r.Store.lock(t.Context(), "slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	told := 0
	waited := func() { told++; interrupt() }
	if _, err := r.Store.lock(ctx, "slow", waited); !errors.Is(err, context.Canceled) || told != 1 {
		t.Errorf("got %v, told %d times; want the interruption, told once", err, told)
	}
	got := make(chan error, 1)
	waiting := make(chan struct{})
	go func() {
		release, err := r.Store.lock(t.Context(), "slow", func() { close(waiting) })
		if err == nil {
			release()
		}
		got <- err
	}()
	<-waiting
	release()
	if err := <-got; err != nil {
		t.Errorf("the lock was not handed on: %v", err)
	}
}

func TestInterruptionIsNotAFailureOfAPart(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	ctx, cancel := context.WithCancel(t.Context())
	p := &Part{Name: "p", Build: func(ctx context.Context, job *Job) error {
		cancel()
		return job.Command(ctx, exec.CommandContext(ctx, "sleep", "30"), nil)
	}}
	if _, err := r.Run(ctx, p); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context canceled", err)
	}
}

func TestInterruptionReachesChildren(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	ctx, cancel := context.WithCancel(t.Context())
	mark := filepath.Join(t.TempDir(), "mark")
	p := &Part{Name: "p", Build: func(ctx context.Context, job *Job) error {
		// The child would write the mark if it outlived its parent.
		script := "sh -c 'echo started; sleep 1; touch " + mark + "' & wait"
		return job.Command(ctx, exec.CommandContext(ctx, "sh", "-c", script), func(string) { cancel() })
	}}
	if _, err := r.Run(ctx, p); !Stopped(err) {
		t.Errorf("got %v", err)
	}
	time.Sleep(1500 * time.Millisecond)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a child went on after the interruption")
	}
}

func TestExplainShowsCommandAndLastLines(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	p := &Part{Name: "noisy", Build: func(ctx context.Context, job *Job) error {
		return job.Command(ctx, exec.CommandContext(ctx, "sh", "-c", "seq 1 100; echo last words >&2; exit 3"), nil)
	}}
	_, err := r.Run(t.Context(), p)
	text := Explain(err)
	for _, want := range []string{"building noisy", "sh -c", "exit status 3", "last words", "    100\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "    50\n") {
		t.Error("more than the last lines are shown")
	}
	log, err := os.ReadFile(r.Store.LogFile(p))
	if err != nil || !strings.Contains(string(log), "\n50\n") {
		t.Errorf("the log must have all of the output: %v", err)
	}
}

func TestStaleFindsOldResultsOnly(t *testing.T) {
	t.Parallel()
	r, _ := runner(t)
	var n atomic.Int32
	old := &Part{Name: "p", Facts: []string{"1"}, Build: made(&n)}
	now := &Part{Name: "p", Facts: []string{"2"}, Build: made(&n)}
	if _, err := r.Run(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	stale, err := r.Store.Stale([]*Part{now})
	if err != nil {
		t.Fatal(err)
	}
	if dir, _ := r.Store.Dir(old); len(stale) != 1 || stale[0] != dir {
		t.Fatalf("stale %v, want only %s", stale, dir)
	}
	if err := r.Store.RemoveStale(t.Context(), stale[0]); err != nil {
		t.Fatal(err)
	}
	if stale, err = r.Store.Stale([]*Part{now}); err != nil || len(stale) != 0 {
		t.Errorf("still stale: %v, %v", stale, err)
	}
}
