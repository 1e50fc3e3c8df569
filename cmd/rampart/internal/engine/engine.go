// Package engine runs the Pulumi CLI on one stack.
package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
)

// Engine is the Pulumi CLI on one stack.
type Engine struct {
	Stack       workspace.Stack
	Environment []string

	Stdin    io.Reader
	Stdout   io.Writer
	Progress io.Writer
}

func (e *Engine) path() string {
	if path := e.Stack.Tool("pulumi"); exists(path) {
		return path
	}
	return "pulumi"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Installed says whether the working folder has the CLI.
func (e *Engine) Installed() bool { return exists(e.Stack.Tool("pulumi")) }

// With is the same engine with variables (NAME=value) added to its environment.
func (e *Engine) With(variables ...string) *Engine {
	with := *e
	with.Environment = append(slices.Clone(e.Environment), variables...)
	return &with
}

// WithoutCheckpoints has the engine write the state at the end of a run, also if that fails or is interrupted, and not at every
// step. An engine that is killed then leaves the state of before the run: this is for runs whose every step can be done again,
// and whose result can be taken away without the state.
const WithoutCheckpoints = "PULUMI_SKIP_CHECKPOINTS=true"

// command is a call of the CLI in the folder of the project.
func (e *Engine) command(args ...string) process.Command {
	return process.Command{Path: e.path(), Args: args, Dir: e.Stack.Root, Env: e.Environment}
}

// show runs the CLI and lets the user see, and answer, what it prints.
func (e *Engine) show(ctx context.Context, args ...string) error {
	command := e.command(args...)
	command.Stdin, command.Stdout, command.Stderr = e.Stdin, e.Stdout, e.Progress
	return e.run(ctx, command)
}

// run runs a command that starts plugins. Their temporary files are gone afterwards.
func (e *Engine) run(ctx context.Context, command process.Command) error {
	folder, remove, err := e.Stack.Temporary(process.Alive)
	if err != nil {
		return err
	}
	command.Env = append(slices.Clone(command.Env), "TMPDIR="+folder)
	return errors.Join(process.Run(ctx, command), remove())
}

// Ready makes sure that there is a stack, that nobody else works on it, and that what a killed run has left is out of the
// way.
func (e *Engine) Ready(ctx context.Context) error {
	if !e.Stack.Backend.Ours {
		command := e.command("stack", "select", "--create", e.Stack.Name, "--non-interactive")
		command.Dir = e.Stack.InitDirectory()
		_, err := process.Output(ctx, command)
		return err
	}
	if !e.Stack.Exists() {
		return e.Init(ctx)
	}
	if err := e.awaitLock(ctx); err != nil {
		return err
	}
	return e.clearPending(ctx)
}

// Init makes an empty stack.
func (e *Engine) Init(ctx context.Context) error {
	command := e.command("stack", "init", e.Stack.Name, "--no-select", "--non-interactive")
	command.Dir = e.Stack.InitDirectory()
	_, err := process.Output(ctx, command)
	return err
}

// lockPoll is how often a lock that somebody holds is looked at.
const lockPoll = 500 * time.Millisecond

// awaitLock waits while another run is at work on the stack, and takes the lock of one that was killed away.
func (e *Engine) awaitLock(ctx context.Context) error {
	hostname, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("finding the name of this machine: %w", err)
	}
	said := false
	for {
		locks, err := e.Stack.Locks()
		if err != nil {
			return err
		}
		held := slices.DeleteFunc(slices.Clone(locks), func(lock workspace.Lock) bool {
			return lock.Stale(hostname, process.Program)
		})
		switch {
		case len(locks) == 0:
			return nil
		case len(held) == 0:
			fmt.Fprintf(e.Progress, "An earlier run (process %d) was killed: taking over from it\n", locks[0].PID)
			_, err := process.Output(ctx, e.command("cancel", "--yes", "--stack", e.Stack.Name, "--non-interactive"))
			return err
		case held[0].Hostname != hostname:
			return fmt.Errorf("stack %s is in use by %s on %s (process %d, since %s): wait for its end, or, if it is gone, "+
				"run \"pulumi cancel\"", e.Stack.Name, held[0].Username, held[0].Hostname, held[0].PID,
				held[0].Timestamp.Format(time.DateTime))
		case !said:
			said = true
			fmt.Fprintf(e.Progress, "Another run (process %d) is at work on stack %s: waiting for its end\n",
				held[0].PID, e.Stack.Name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// clearPending drops the note of operations that a killed run has begun and not ended: the engine would ask about them
// for ever. Every resource of a stack can be created again over its own remains: the cluster looks into its journal, and
// Kubernetes objects are applied.
func (e *Engine) clearPending(ctx context.Context) error {
	pending, err := e.Stack.Pending()
	if err != nil || pending == 0 {
		return err
	}
	fmt.Fprintf(e.Progress, "An earlier run has left %d unfinished %s: going on from there\n",
		pending, map[bool]string{true: "operation", false: "operations"}[pending == 1])
	state, err := process.Output(ctx, e.command("stack", "export", "--stack", e.Stack.Name))
	if err != nil {
		return err
	}
	// An import takes over the resources as they are, secrets still encrypted, and leaves unfinished operations out.
	command := e.command("stack", "import", "--stack", e.Stack.Name)
	command.Stdin = bytes.NewReader(state)
	_, err = process.Output(ctx, command)
	return err
}

// Up brings the stack to what the program says. With refresh it first looks at what stands, and so repairs what others have
// changed; without, it believes the state. With targets everything else stays as it is.
func (e *Engine) Up(ctx context.Context, refresh bool, targets ...string) error {
	args := []string{"up", "--yes", "--skip-preview", "--stack", e.Stack.Name, "--suppress-permalink=true",
		"--suppress-outputs"}
	if refresh {
		args = append(args, "--refresh")
	}
	for _, target := range targets {
		args = append(args, "--target", target)
	}
	return e.show(ctx, args...)
}

// Preview shows what Up would change, and says whether there is anything.
func (e *Engine) Preview(ctx context.Context) (bool, error) {
	command := e.command("preview", "--stack", e.Stack.Name, "--suppress-permalink=true", "--suppress-outputs",
		"--non-interactive")
	var printed bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = e.Stdin, io.MultiWriter(e.Stdout, &printed), e.Progress
	if err := e.run(ctx, command); err != nil {
		return false, err
	}
	return planned(printed.String()), nil
}

// planned reads from the summary of a preview whether it is about any change: the last section counts the resources of
// each kind of change, and those that stay.
func planned(summary string) bool {
	_, counts, found := strings.Cut(summary, "\nResources:\n")
	if !found {
		return true
	}
	for line := range strings.Lines(counts) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasSuffix(line, " unchanged") {
			return true
		}
	}
	return false
}

// Destroy removes all resources of the stack, and then the stack. With a look first, nothing is removed if anything is
// protected: without, the engine removes what it can before it comes to what is.
func (e *Engine) Destroy(ctx context.Context, lookFirst bool) error {
	args := []string{"destroy", "--yes", "--stack", e.Stack.Name, "--suppress-permalink=true", "--suppress-outputs"}
	if !lookFirst {
		args = append(args, "--skip-preview")
	}
	if err := e.show(ctx, args...); err != nil {
		return err
	}
	_, err := process.Output(ctx, e.command(
		"stack", "rm", "--yes", "--stack", e.Stack.Name, "--preserve-config", "--remove-backups", "--non-interactive"))
	return err
}

// DestroyAllBut removes everything but one resource and what that one needs, and keeps the stack. It does not name what is to go:
// with targets, the engine (v3.256) works out what a cluster's going would replace, and closes the cluster's provider over it
// (docs/decisions/0007-no-silent-replacement.md).
func (e *Engine) DestroyAllBut(ctx context.Context, urn string) error {
	return e.show(ctx, "destroy", "--yes", "--skip-preview", "--stack", e.Stack.Name, "--suppress-permalink=true",
		"--suppress-outputs", "--exclude", urn)
}

// DestroyOnly removes some resources, and what depends on them or is part of them.
func (e *Engine) DestroyOnly(ctx context.Context, urns []string) error {
	args := []string{"destroy", "--yes", "--skip-preview", "--stack", e.Stack.Name, "--suppress-permalink=true",
		"--suppress-outputs", "--target-dependents"}
	for _, urn := range urns {
		args = append(args, "--target", urn)
	}
	return e.show(ctx, args...)
}

// Unprotect lets a resource be deleted until the program protects it again.
func (e *Engine) Unprotect(ctx context.Context, urn string) error {
	_, err := process.Output(ctx, e.command("state", "unprotect", urn, "--yes", "--stack", e.Stack.Name, "--non-interactive"))
	if err != nil {
		return fmt.Errorf("unprotecting %s: %w", urn, err)
	}
	return nil
}

// Outputs are the outputs of the stack, secrets in plain text.
func (e *Engine) Outputs(ctx context.Context) (map[string]any, error) {
	text, err := process.SecretOutput(ctx, e.command("stack", "output", "--show-secrets", "--json", "--stack", e.Stack.Name))
	if err != nil {
		return nil, fmt.Errorf("reading the outputs: %w", err)
	}
	var outputs map[string]any
	if err := json.Unmarshal(text, &outputs); err != nil {
		return nil, errors.New("reading the outputs: the engine's answer is no JSON") // the text has secrets in it
	}
	return outputs, nil
}

// Outcome is what a run has led to.
type Outcome struct {
	// Changes counts resources by what was done to them: create, update, same and so on.
	Changes map[string]int

	// Outputs are those of the stack. Secrets are masked.
	Outputs map[string]any
}

// Unchanged says that the run found everything as it should be.
func (o Outcome) Unchanged() bool {
	for change, count := range o.Changes {
		if change != "same" && count > 0 {
			return false
		}
	}
	return true
}

// Outcome is what the last run has led to: read from the state if that is ours, which takes milliseconds, or else asked of the
// engine.
func (e *Engine) Outcome(ctx context.Context) (Outcome, error) {
	if e.Stack.Backend.Ours {
		outputs, found, err := e.Stack.Outputs()
		if err != nil {
			return Outcome{}, err
		}
		changes, ran, err := e.Stack.Changes()
		if err != nil || found && ran {
			return Outcome{Changes: changes, Outputs: outputs}, err
		}
	}
	var outcome Outcome
	var history []struct {
		ResourceChanges map[string]int `json:"resourceChanges"`
	}
	failures := make(chan error)
	ask := func(into any, args ...string) {
		output, err := process.Output(ctx, e.command(append(args, "--stack", e.Stack.Name, "--json")...))
		if err == nil {
			err = json.Unmarshal(output, into)
		}
		if err != nil {
			err = fmt.Errorf("asking for what stands now: %w", err)
		}
		failures <- err
	}
	go ask(&outcome.Outputs, "stack", "output")
	go ask(&history, "stack", "history", "--page-size", "1", "--full-dates")
	if err := errors.Join(<-failures, <-failures); err != nil {
		return Outcome{}, err
	}
	if len(history) > 0 {
		outcome.Changes = history[0].ResourceChanges
	}
	return outcome, nil
}
