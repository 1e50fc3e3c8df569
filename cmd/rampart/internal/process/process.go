// Package process runs other programs so that Ctrl-C reaches each of them once, and the caller waits for an orderly end.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/mattn/go-isatty"
)

// ErrInterrupted is the error of a run during which the user asked to stop.
var ErrInterrupted = errors.New("interrupted")

// Command is a program to run.
type Command struct {
	Path string
	Args []string

	// Dir is the working directory; empty is that of this process.
	Dir string

	// Env is the whole environment; nil is that of this process.
	Env []string

	// Stdin is nothing unless set. Stdout and Stderr are discarded unless set.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Run runs a command to its end, unless the context has ended before: a command that is at work is not killed with it. If
// this process is asked to stop meanwhile, the command is asked once per time, and Run returns ErrInterrupted when the
// command has ended, whatever its exit status is.
func Run(ctx context.Context, command Command) error {
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	cmd := exec.Command(command.Path, command.Args...)
	cmd.Dir, cmd.Env = command.Dir, command.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = command.Stdin, command.Stdout, command.Stderr

	asked := make(chan os.Signal, 4)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(asked)

	// A terminal sends Ctrl-C to every process of the foreground group: a command in it has heard already, and one that
	// is not in it may not touch the terminal. Without a terminal the command gets a group of its own, and hears of it
	// from here, whoever was told.
	alone := !IsTerminal(os.Stdin)
	if alone {
		ownGroup(cmd)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", filepath.Base(command.Path), err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	interrupted := false
	for {
		select {
		case which := <-asked:
			interrupted = true
			if alone || which != os.Interrupt {
				// The command may have ended this very moment; then there is nobody left to tell.
				_ = cmd.Process.Signal(os.Interrupt)
			}
		case err := <-ended:
			switch {
			case interrupted:
				return ErrInterrupted
			case err != nil:
				return fmt.Errorf("%s %s: %w", filepath.Base(command.Path), firstArgument(command.Args), err)
			}
			return nil
		}
	}
}

// Output runs a command and returns what it printed. What it printed, to either stream, is part of the error.
func Output(ctx context.Context, command Command) ([]byte, error) {
	return output(ctx, command, func(stdout, stderr string) string { return stderr + stdout })
}

// SecretOutput is Output of a command that prints secrets: of what it printed, only the error stream is part of the error.
func SecretOutput(ctx context.Context, command Command) ([]byte, error) {
	return output(ctx, command, func(_, stderr string) string { return stderr })
}

func output(ctx context.Context, command Command, quoted func(stdout, stderr string) string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := Run(ctx, command); err != nil {
		text := strings.TrimSpace(quoted(stdout.String(), stderr.String()))
		if text != "" && !errors.Is(err, ErrInterrupted) {
			return nil, fmt.Errorf("%w:\n%s", err, text)
		}
		return nil, err
	}
	return stdout.Bytes(), nil
}

// firstArgument names what a program was asked to do; the others may be long.
func firstArgument(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") && !strings.ContainsRune(arg, filepath.Separator) {
			return arg
		}
	}
	return ""
}

// IsTerminal says whether a file is a terminal that somebody sits at.
func IsTerminal(file *os.File) bool {
	return isatty.IsTerminal(file.Fd())
}
