// Package toolchain compiles the programs of the repository that a run needs.
package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
)

// Plugin is the name of our own Pulumi plugin, and Program that of the compiled Pulumi program.
const (
	Plugin  = "pulumi-resource-rampart"
	Program = "rampart-program"
)

// Build compiles the plugin and, if there is none yet, the Pulumi program. An unchanged program takes Go well under a
// second to leave alone. Progress goes to the stream.
func Build(ctx context.Context, w *workspace.Workspace, environment []string, progress io.Writer) error {
	if err := compile(ctx, w, environment, "./cmd/"+Plugin, w.Built(Plugin), "the plugin", progress); err != nil {
		return err
	}
	// The language host keeps the program up to date, and compiles it where Pulumi.yaml says. Only the first time takes
	// minutes, and then the engine would say nothing meanwhile.
	program := w.Built(Program)
	if _, err := os.Stat(program); err == nil {
		return nil
	}
	return compile(ctx, w, environment, ".", program, "the Pulumi program", progress)
}

// patience is how long a step may take before the user wants to know what is going on.
const patience = 2 * time.Second

func compile(
	ctx context.Context, w *workspace.Workspace, environment []string, from, to, what string, progress io.Writer,
) error {
	said := time.AfterFunc(patience, func() {
		fmt.Fprintf(progress, "Compiling %s (minutes if nothing of it is cached yet)\n", what)
	})
	defer said.Stop()
	const mode = 0o700
	if err := os.MkdirAll(filepath.Dir(to), mode); err != nil {
		return fmt.Errorf("compiling %s: %w", what, err)
	}
	_, err := process.Output(ctx, process.Command{
		Path: "go", Args: []string{"build", "-o", to, from}, Dir: w.Root, Env: environment,
	})
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
