//go:build unix

package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	output, err := Output(t.Context(), Command{Path: "sh", Args: []string{"-c", "echo yes; echo aside >&2"}})
	if err != nil || string(output) != "yes\n" {
		t.Errorf("got %q, %v", output, err)
	}
	_, err = Output(t.Context(), Command{Path: "sh", Args: []string{"-c", "echo why >&2; exit 3"}})
	var exit *exec.ExitError
	if err == nil || !strings.Contains(err.Error(), "why") || !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v, want the exit status and what was printed", err)
	}
	for what, run := range map[string]func(context.Context, Command) ([]byte, error){"any": Output, "secrets": SecretOutput} {
		_, err := run(t.Context(), Command{Path: "sh", Args: []string{"-c", "echo hid''den; echo why >&2; exit 1"}})
		if err == nil || !strings.Contains(err.Error(), "why") || strings.Contains(err.Error(), "hidden") != (what == "any") {
			t.Errorf("a command that prints %s: got %v", what, err)
		}
	}
}

// TestInterrupt sends a signal to this process, as somebody does who knows its number. The command gets it once, has the
// time to end in its own way, and the outcome is an interruption even though its exit status is 0.
//
//nolint:paralleltest // other commands of this process would get the signal too
func TestInterrupt(t *testing.T) {
	folder := t.TempDir()
	ready, got := filepath.Join(folder, "ready"), filepath.Join(folder, "got")
	script := `trap 'echo INT >> "$2"; sleep 0.3; exit 0' INT; touch "$1"; while :; do sleep 0.05; done`
	done := make(chan error, 1)
	go func() { done <- Run(t.Context(), Command{Path: "sh", Args: []string{"-c", script, "sh", ready, got}}) }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ready); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the command does not start")
		}
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if !errors.Is(err, ErrInterrupted) {
			t.Errorf("got %v, want an interruption", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the command does not end")
	}
	if content, err := os.ReadFile(got); err != nil || string(content) != "INT\n" {
		t.Errorf("the command got %q, %v, want the signal once", content, err)
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, alive := Program(command.Process.Pid); !alive {
		t.Error("a process that runs is said to be gone")
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // it was killed, and says so
	if _, alive := Program(command.Process.Pid); alive {
		t.Error("a process that is gone is said to run")
	}
}
