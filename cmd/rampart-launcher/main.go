// Command rampart-launcher is what the Pulumi engine starts in a clone: it compiles the Pulumi program for the build tags at
// hand, if it is not what the source says, and becomes it. Pulumi itself knows one path for the program of a project, which
// runs of stacks with different clouds would take from each other (docs/decisions/0031-a-program-for-each-set-of-tags.md).
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "rampart: %v\n", err)
		os.Exit(1)
	}
}

// patience is how long compiling may take before the user wants to know what is going on.
const patience = 2 * time.Second

// run starts the program of the project in the working directory, where engines start programs.
func run(ctx context.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the project: %w", err)
	}
	program := compiled.Program(root, os.Getenv("GOFLAGS"))
	source := compiled.From(root, os.Environ(), compiled.ProgramBuild("")...)
	said := time.AfterFunc(patience, func() {
		fmt.Fprintln(os.Stderr, "Compiling the Pulumi program (minutes if nothing of it is cached yet)")
	})
	err = compiled.Place(ctx, program, source, nil, func(to string) error {
		build := exec.CommandContext(ctx, "go", compiled.ProgramBuild(to)...)
		build.Env = compiled.Compiler(os.Environ())
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("compiling the Pulumi program in %s: %w", root, err)
		}
		return nil
	})
	said.Stop()
	if err != nil {
		return err
	}
	if err := syscall.Exec(program, []string{program}, os.Environ()); err != nil { //nolint:gosec // it was just compiled
		return fmt.Errorf("starting %s: %w", program, err)
	}
	return nil
}
