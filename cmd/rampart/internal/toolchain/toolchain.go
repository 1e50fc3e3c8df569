// Package toolchain compiles the programs of the repository that a run needs.
package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// Plugin is the name of our own Pulumi plugin, launcher that of what the engine starts for the program, and approver that of
// what runs on nodes.
const (
	Plugin   = "pulumi-resource-rampart"
	launcher = "rampart-launcher"
	approver = "rampart-approver"
)

// Build compiles the plugin, the launcher and, if there is none yet, the Pulumi program. What is unchanged takes Go well under
// a second to leave alone. The program of a cloud's stack is compiled in any case. Progress goes to the stream.
func Build(ctx context.Context, w *workspace.Workspace, cloud bool, environment []string, progress io.Writer) error {
	for _, each := range []compilation{
		{from: "./cmd/" + Plugin, to: w.Built(Plugin), what: "the plugin", flags: lean},
		{from: "./cmd/" + launcher, to: w.Built(launcher), what: "the launcher", flags: lean},
	} {
		if err := each.run(ctx, w, environment, progress); err != nil {
			return err
		}
	}
	// The launcher keeps the program up to date. Only the first time takes minutes, and for a cloud the first time with it,
	// and then the engine would say nothing meanwhile.
	if _, err := os.Stat(program(w, environment)); err != nil || cloud {
		if _, err := BuildProgram(ctx, w, environment, progress); err != nil {
			return err
		}
	}
	// Nodes are Linux whatever this machine is, and have no C library that could be relied on.
	err := compilation{
		from: "./cmd/" + approver, to: w.Built(approver), what: "the approver",
		flags: append([]string{"-buildvcs=false"}, lean...),
	}.run(ctx, w, append(slices.Clone(environment), "GOOS=linux", "CGO_ENABLED=0"), progress)
	if err != nil {
		return err
	}
	return compiled.Share(w.Built(approver), stacks.Approver(w.Home))
}

// lean compiles what is the same for the stacks of all providers without the tags of one: Go writes them into each program,
// and would link it again for the next provider. Without what only a debugger reads a program is a third smaller, and linked in
// half of the time.
var lean = []string{"-tags=", "-ldflags=-s -w"}

// program is where the program is that the environment's build tags ask for.
func program(w *workspace.Workspace, environment []string) string {
	goFlags := ""
	for _, entry := range environment {
		if value, found := strings.CutPrefix(entry, "GOFLAGS="); found {
			goFlags = value
		}
	}
	return compiled.Program(w.Root, goFlags)
}

// Programs are the paths of what Build compiles beside the Pulumi program.
func Programs(w *workspace.Workspace) []string {
	return []string{w.Built(Plugin), w.Built(launcher), w.Built(approver)}
}

// BuildProgram compiles the Pulumi program, or finds that it is what the source says, and returns its path. Progress goes to
// the stream.
func BuildProgram(
	ctx context.Context, w *workspace.Workspace, environment []string, progress io.Writer,
) (path string, err error) {
	path = program(w, environment)
	source := compiled.From(w.Root, environment, compiled.ProgramBuild("")...)
	return path, place(ctx, path, source, "the Pulumi program", progress, func(to string) error {
		return build(ctx, w, environment, compiled.ProgramBuild(to))
	})
}

// compilation is one program to compile.
type compilation struct {
	from, to, what string
	flags          []string
}

func (c compilation) run(ctx context.Context, w *workspace.Workspace, environment []string, progress io.Writer) error {
	args := func(to string) []string { return slices.Concat([]string{"build", "-o", to}, c.flags, []string{c.from}) }
	return place(ctx, c.to, compiled.From(w.Root, environment, args("")...), c.what, progress, func(to string) error {
		return build(ctx, w, environment, args(to))
	})
}

func build(ctx context.Context, w *workspace.Workspace, environment, args []string) error {
	_, err := process.Output(ctx, process.Command{Path: "go", Args: args, Dir: w.Root, Env: compiled.Compiler(environment)})
	return err
}

// patience is how long a step may take before the user wants to know what is going on.
const patience = 2 * time.Second

// place compiles a program where others may be doing the same, and says what takes longer than patience.
func place(
	ctx context.Context, path string, source compiled.Source, what string, progress io.Writer, compile func(to string) error,
) error {
	var others atomic.Bool
	said := time.AfterFunc(patience, func() {
		if others.Load() {
			fmt.Fprintf(progress, "Another run is compiling %s: waiting for it\n", what)
			return
		}
		fmt.Fprintf(progress, "Compiling %s (minutes if nothing of it is cached yet)\n", what)
	})
	defer said.Stop()
	waiting := func() { others.Store(true) }
	err := compiled.Place(ctx, path, source, waiting, compile)
	if err != nil && !errors.Is(err, process.ErrInterrupted) {
		return fmt.Errorf("compiling %s: %w", what, err)
	}
	return err
}

// GoVersion returns the version of the Go toolchain on the PATH.
func GoVersion(ctx context.Context) (string, error) {
	output, err := process.Output(ctx, process.Command{Path: "go", Args: []string{"env", "GOVERSION"}})
	if err != nil {
		return "", fmt.Errorf("asking go for its version: %w; install Go 1.26 or later from https://go.dev/dl", err)
	}
	return strings.TrimSpace(string(output)), nil
}
