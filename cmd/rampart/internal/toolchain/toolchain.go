// Package toolchain compiles the programs of the repository that a run needs.
package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// Plugin is the name of our own Pulumi plugin, and Program that of the compiled Pulumi program.
const (
	Plugin  = "pulumi-resource-rampart"
	Program = "rampart-program"
)

// Build compiles the plugin and, if there is none yet, the Pulumi program. An unchanged program takes Go well under a
// second to leave alone. The program of a cloud's stack is compiled in any case. Progress goes to the stream.
func Build(ctx context.Context, w *workspace.Workspace, cloud bool, environment []string, progress io.Writer) error {
	plugin := compilation{from: "./cmd/" + Plugin, to: w.Built(Plugin), what: "the plugin"}
	if err := compile(ctx, w, environment, plugin, progress); err != nil {
		return err
	}
	// The language host keeps the program up to date, and compiles it where Pulumi.yaml says. Only the first time takes
	// minutes, and for a cloud the first time with it, and then the engine would say nothing meanwhile.
	if _, err := os.Stat(w.Built(Program)); err != nil || cloud {
		if err := BuildProgram(ctx, w, environment, progress); err != nil {
			return err
		}
	}
	// Nodes are Linux whatever this machine is, and have no C library that could be relied on.
	return compile(ctx, w, append(slices.Clone(environment), "GOOS=linux", "CGO_ENABLED=0"), compilation{
		from: "./cmd/rampart-approver", to: stacks.Approver(w.Home), what: "the approver",
		// Without what only a debugger reads it is a third smaller.
		flags: []string{"-buildvcs=false", "-ldflags=-s -w"},
	}, progress)
}

// BuildProgram compiles the Pulumi program, or finds that it is what the source says. Progress goes to the stream.
func BuildProgram(ctx context.Context, w *workspace.Workspace, environment []string, progress io.Writer) error {
	program := compilation{from: ".", to: w.Built(Program), what: "the Pulumi program"}
	return compile(ctx, w, environment, program, progress)
}

// compilation is one program to compile.
type compilation struct {
	from, to, what string
	flags          []string
}

// patience is how long a step may take before the user wants to know what is going on.
const patience = 2 * time.Second

func compile(
	ctx context.Context, w *workspace.Workspace, environment []string, of compilation, progress io.Writer,
) error {
	said := time.AfterFunc(patience, func() {
		fmt.Fprintf(progress, "Compiling %s (minutes if nothing of it is cached yet)\n", of.what)
	})
	defer said.Stop()
	const mode = 0o700
	if err := os.MkdirAll(filepath.Dir(of.to), mode); err != nil {
		return fmt.Errorf("compiling %s: %w", of.what, err)
	}
	_, err := process.Output(ctx, process.Command{
		Path: "go", Args: slices.Concat([]string{"build", "-o", of.to}, of.flags, []string{of.from}), Dir: w.Root, Env: environment,
	})
	if err != nil && !errors.Is(err, process.ErrInterrupted) {
		return fmt.Errorf("compiling %s: %w", of.what, err)
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
