package part

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Reporter shows the run to people. Package progress has one for terminals and one for logs.
type Reporter interface {
	// Start is called when a part begins to be built; done is called once, with the error that ended it or nil.
	Start(p *Part) (task Task, done func(err error))
}

// Runner builds parts into a Store.
type Runner struct {
	Store    Store
	Reporter Reporter
	// Limits is how many parts of a class may be built at once; a class that is missing has no limit.
	Limits map[Class]int
}

// Result is what became of one part.
type Result struct {
	Part *Part
	Dir  string
	// Built is false if the part was found in the store.
	Built bool
	Took  time.Duration
}

// Error says which part failed.
type Error struct {
	Part *Part
	// LogFile has the whole output of the build.
	LogFile string
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("building %s: %v", e.Part.Name, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Run builds the wanted parts and what they need, except what the store already has. A part starts as soon as its
// inputs are finished and its class has room; of those that could start, the first in the order of Closure does. After
// a failure nothing new starts, what is running is cancelled, and every failure is returned.
//
// Inputs of a finished part are not looked at: a store from which they were cleaned away is still good.
func (r *Runner) Run(ctx context.Context, wanted ...*Part) ([]Result, error) {
	needed, err := r.missing(wanted)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	s := schedule{
		limits: r.Limits, needed: needed, pending: slices.Clone(needed),
		results: map[*Part]Result{}, running: map[Class]int{}, ended: make(chan outcome),
	}
	var faults []error
	for {
		for ctx.Err() == nil {
			next, ok := s.next()
			if !ok {
				break
			}
			go func() {
				result, err := r.one(ctx, next)
				s.ended <- outcome{next, result, err}
			}()
		}
		if s.inFlight == 0 {
			break
		}
		// A part that was stopped because another one failed, or because the user said so, has not failed itself.
		if err := s.await(); err != nil && (ctx.Err() == nil || !errors.Is(err, context.Cause(ctx))) {
			faults = append(faults, err)
			cancel(errAnotherFailed)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out := make([]Result, 0, len(needed))
	for _, p := range needed {
		out = append(out, s.results[p])
	}
	return out, nil
}

// outcome of one part.
type outcome struct {
	part   *Part
	result Result
	err    error
}

// schedule is what is still to be built, what is being built, and what is finished.
type schedule struct {
	limits          map[Class]int
	needed, pending []*Part
	results         map[*Part]Result
	running         map[Class]int
	inFlight        int
	ended           chan outcome
}

// next takes the first part that can start now.
func (s *schedule) next() (*Part, bool) {
	i := slices.IndexFunc(s.pending, s.ready)
	if i < 0 {
		return nil, false
	}
	next := s.pending[i]
	s.pending = slices.Delete(s.pending, i, i+1)
	s.running[next.Class]++
	s.inFlight++
	return next, true
}

// ready says whether a part's inputs are finished and its class has room.
func (s *schedule) ready(p *Part) bool {
	if limit, ok := s.limits[p.Class]; ok && s.running[p.Class] >= limit {
		return false
	}
	return !slices.ContainsFunc(p.Inputs, func(in *Part) bool {
		_, done := s.results[in]
		return !done && slices.Contains(s.needed, in)
	})
}

// await takes down how the next part ended.
func (s *schedule) await() error {
	ended := <-s.ended
	s.inFlight--
	s.running[ended.part.Class]--
	if ended.err == nil {
		s.results[ended.part] = ended.result
	}
	return ended.err
}

var errAnotherFailed = errors.New("stopped because another part failed")

// Stopped tells whether a part ended because the user or the failure of another part stopped it, as opposed to a
// failure of its own.
func Stopped(err error) bool {
	return errors.Is(err, errAnotherFailed) || errors.Is(err, context.Canceled)
}

// missing lists the wanted parts, and of the parts that they need, those without which a wanted one cannot be built
// now.
func (r *Runner) missing(wanted []*Part) ([]*Part, error) {
	order, err := Closure(wanted...)
	if err != nil {
		return nil, err
	}
	need := map[*Part]bool{}
	for _, p := range wanted {
		need[p] = true
	}
	// Inputs come before their users, so walking backwards sees users first.
	for i := len(order) - 1; i >= 0; i-- {
		p := order[i]
		if !need[p] {
			continue
		}
		has, err := r.Store.Has(p)
		if err != nil {
			return nil, err
		}
		if !has {
			for _, in := range p.Inputs {
				need[in] = true
			}
		}
	}
	var out []*Part
	for _, p := range order {
		if need[p] {
			out = append(out, p)
		}
	}
	return out, nil
}

// one returns a finished part, built now if need be.
func (r *Runner) one(ctx context.Context, p *Part) (Result, error) {
	start := time.Now()
	dir, err := r.Store.Dir(p)
	if err != nil {
		return Result{}, err
	}
	res := Result{Part: p, Dir: dir}
	if has, err := r.Store.Has(p); err != nil || has {
		return res, err
	}
	var task Task
	done := func(error) {}
	begin := func() {
		if task == nil {
			task, done = r.Reporter.Start(p)
		}
	}
	release, err := r.Store.lock(ctx, p.Name, func() {
		begin()
		task.Step("waiting for another run that builds it", 0, 0)
	})
	if err != nil {
		done(err)
		return res, err
	}
	defer release()
	// Another process may have finished it while we waited.
	if has, err := r.Store.Has(p); err != nil || has {
		done(err)
		return res, err
	}
	begin()
	err = r.build(ctx, p, dir, task)
	if err != nil {
		err = &Error{Part: p, LogFile: r.Store.LogFile(p), Err: err}
	}
	done(err)
	res.Built, res.Took = true, time.Since(start)
	return res, err
}

func (r *Runner) build(ctx context.Context, p *Part, dir string, task Task) error {
	// The lock is held: whatever is there was left by a crash.
	tmp := dir + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.MkdirAll(tmp, 0o750); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	log, err := os.Create(r.Store.LogFile(p))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	job := &Job{Dir: tmp, Log: log, task: task, inputs: map[*Part]string{}}
	for _, in := range p.Inputs {
		if job.inputs[in], err = r.Store.Dir(in); err != nil {
			return err
		}
	}
	if err := p.Build(ctx, job); err != nil {
		fmt.Fprintln(log, err)
		return err
	}
	if err := syncDir(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// syncDir flushes every file of the part to the disk: after a power cut a renamed folder with empty files in it would
// look finished.
func syncDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path) //nolint:gosec // a folder of ours, that nobody else writes to
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		return f.Sync()
	})
}

// Do runs something that leaves nothing in the store (installing packages on the host), with the same progress, log
// and errors as a part.
func (r *Runner) Do(ctx context.Context, name, title string, do func(job *Job) error) error {
	p := &Part{Name: name, Title: title}
	task, done := r.Reporter.Start(p)
	release, err := r.Store.lock(ctx, p.Name, func() { task.Step("waiting for another run", 0, 0) })
	if err != nil {
		done(err)
		return err
	}
	defer release()
	log, err := os.Create(r.Store.LogFile(p))
	if err != nil {
		done(err)
		return err
	}
	defer func() { _ = log.Close() }()
	err = do(&Job{Log: log, task: task})
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else {
			err = &Error{Part: p, LogFile: log.Name(), Err: err}
		}
	}
	done(err)
	return err
}
