package rotation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/providers/kind/keys"
)

// Keys is whoever holds the keys and hands them to the API servers.
type Keys interface {
	// Status says how far the rotation has come, and the names of the keys.
	Status(ctx context.Context) (Status, error)

	// Take takes a step. When it returns, the file that the API servers read is that of the phase after it, and whoever
	// holds the keys will know them after a crash at any moment. A step that was taken before only completes that.
	Take(ctx context.Context, step keys.Step) error

	// Configuration is the encryption configuration that the API servers' file holds now.
	Configuration(ctx context.Context) (Configuration, error)
}

// Status is how far a rotation has come.
type Status struct {
	Phase keys.Phase

	// Writes is the name of the key that writes, Reads that of the one that is only read with, if there is one.
	Writes, Reads string
}

// Store is the cluster's etcd, asked past its API servers.
type Store interface {
	// Heads calls visit with each key below a prefix and at least the first bytes of its value.
	Heads(ctx context.Context, prefix string, visit func(key string, head []byte)) error

	// Compact forgets all revisions but the current ones.
	Compact(ctx context.Context) error
}

// Progress is told what goes on.
type Progress interface {
	// Begin says that something begins that may take more than a second or two. The function that it returns is called at
	// its end, with an error or with what came out.
	Begin(what string) (end func(outcome string, err error))

	// Count says how much of what has begun is done.
	Count(done, total int)
}

// Rotation is a rotation of the key of one cluster.
type Rotation struct {
	Keys Keys

	// Servers are the ways in to every API server of the cluster, with all rights.
	Servers []*rest.Config

	Store    Store
	Progress Progress

	// Note is a file for the name of the key that a run began with. It tells a run that was killed after it had closed its
	// rotation from one that is to begin another.
	Note string

	// Workers is how many objects are written at a time. Default: 16.
	Workers int

	// ReloadTimeout bounds the wait for each API server to take up a changed file. Default: three minutes; an API server
	// looks every minute.
	ReloadTimeout time.Duration
}

const (
	defaultWorkers       = 16
	defaultReloadTimeout = 3 * time.Minute

	noteMode = 0o600
)

// Outcome is what a rotation did.
type Outcome struct {
	// Resumed says that it began with what an earlier run had left.
	Resumed bool

	// Old and New are the names of the keys. Old is empty if an earlier run had retired it already.
	Old, New string

	// Objects is how many were written anew in this run, and Took how long that took.
	Objects int
	Took    time.Duration
}

// Run rotates the key, from wherever an earlier run has left off, until it is settled again.
func (r *Rotation) Run(ctx context.Context) (Outcome, error) {
	if len(r.Servers) == 0 {
		return Outcome{}, errors.New("rotating the key: there is no API server to ask")
	}
	status, err := r.Keys.Status(ctx)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Resumed: status.Phase != keys.Settled, New: status.Writes}
	if outcome.Resumed {
		err = r.resume(ctx, status)
	} else {
		outcome.Resumed, err = r.begin(status)
	}
	if err != nil || (outcome.Resumed && status.Phase == keys.Settled) {
		return outcome, err
	}
	err = r.goOn(ctx, status, &outcome)
	return outcome, err
}

// resume completes what led to the phase: the run before may have been killed between recording its step and handing it to
// the API servers.
func (r *Rotation) resume(ctx context.Context, status Status) error {
	step, err := status.Phase.Reached()
	if err != nil {
		return err
	}
	return r.take(ctx, step, status)
}

// goOn takes step after step until the key is settled.
func (r *Rotation) goOn(ctx context.Context, status Status, outcome *Outcome) error {
	for {
		if err := r.secure(ctx, status, outcome); err != nil {
			return err
		}
		step, err := status.Phase.Next()
		if err == nil {
			err = r.take(ctx, step, status)
		}
		if err != nil {
			return err
		}
		before := status.Phase
		if status, err = r.Keys.Status(ctx); err != nil {
			return err
		}
		outcome.New = status.Writes
		switch status.Phase {
		case keys.Settled:
			return r.end()
		case before:
			return fmt.Errorf("the rotation is still %s after the step %s", before, step)
		case keys.Added, keys.Promoted, keys.Retired:
		}
	}
}

// begin notes that a rotation begins, unless the one that was noted before is closed and nobody was told so.
func (r *Rotation) begin(status Status) (closed bool, err error) {
	noted, err := os.ReadFile(r.Note)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("reading what an earlier rotation has noted: %w", err)
	}
	if from := strings.TrimSpace(string(noted)); err == nil && from != "" && from != status.Writes {
		return true, r.end()
	}
	if err := os.WriteFile(r.Note, []byte(status.Writes+"\n"), noteMode); err != nil {
		return false, fmt.Errorf("noting that a rotation begins: %w", err)
	}
	return false, nil
}

func (r *Rotation) end() error {
	if err := os.Remove(r.Note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("noting that the rotation has ended: %w", err)
	}
	return nil
}

// secure does what makes the next step safe.
func (r *Rotation) secure(ctx context.Context, status Status, outcome *Outcome) error {
	switch status.Phase {
	case keys.Added:
		// A server without the new key could not read what another one writes after the promotion.
		_, err := r.awaitReload(ctx, []string{status.Writes, status.Reads})
		return err
	case keys.Promoted:
		outcome.Old = status.Reads
		// A server that still wrote with the old key would undo what is written anew.
		config, err := r.awaitReload(ctx, []string{status.Writes, status.Reads})
		if err != nil {
			return err
		}
		return r.replace(ctx, config, status, outcome)
	case keys.Settled, keys.Retired:
	}
	return nil
}

// replace leaves nothing in etcd that the old key is needed for.
func (r *Rotation) replace(ctx context.Context, config Configuration, status Status, outcome *Outcome) error {
	started := time.Now()
	count, err := r.reencrypt(ctx, config.Resources)
	outcome.Objects, outcome.Took = count, time.Since(started)
	if err != nil {
		return err
	}
	// A list that is being paged goes on at the revision that it began with, and would meet the old key there. Without
	// that revision the client is told to begin again.
	end := r.Progress.Begin("Forgetting earlier revisions in etcd")
	err = r.Store.Compact(ctx)
	end("", err)
	if err != nil {
		return fmt.Errorf("compacting etcd: %w", err)
	}
	return r.verify(ctx, status.Writes)
}

func (r *Rotation) take(ctx context.Context, step keys.Step, status Status) error {
	end := r.Progress.Begin(describe(step, status))
	err := r.Keys.Take(ctx, step)
	end("", err)
	if err != nil {
		return fmt.Errorf("key rotation, step %s: %w", step, err)
	}
	return nil
}

// describe says what a step is about to do, or, when it is repeated, has done.
func describe(step keys.Step, status Status) string {
	switch {
	case step == keys.Add && status.Phase == keys.Settled:
		return "Adding a key after " + status.Writes + ", to read with"
	case step == keys.Add:
		return "Adding " + status.Reads + ", to read with"
	case step == keys.Promote && status.Phase == keys.Added:
		return "Promoting " + status.Reads + ", to write with"
	case step == keys.Promote:
		return "Promoting " + status.Writes + ", to write with"
	case step == keys.Retire && status.Reads != "":
		return "Retiring " + status.Reads
	case step == keys.Retire:
		return "Retiring the key before " + status.Writes
	default:
		return "Closing the rotation"
	}
}
