package part

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Task shows how far a part is. The runner gives one to each Job; package progress makes them.
type Task interface {
	// Step says what is being done now, and how much of it; total 0 means that nobody knows.
	Step(text string, done, total int64)
}

// Job is what a part's Build function gets.
type Job struct {
	// Dir is an empty folder to fill. It becomes the finished part.
	Dir string
	// Log takes the output of what is run; it is kept in a file.
	Log io.Writer

	task   Task
	inputs map[*Part]string
}

// Input is the folder of a finished input. Asking for a part that was not declared is a mistake in the catalog, and
// panics.
func (j *Job) Input(p *Part) string {
	dir, ok := j.inputs[p]
	if !ok {
		panic("part " + p.Name + " is not a declared input")
	}
	return dir
}

// Step reports progress; see Task.
func (j *Job) Step(text string, done, total int64) { j.task.Step(text, done, total) }

// graceful is how long a program that was told to stop may take to clean up (mmdebstrap unmounts and removes a tree)
// before it is killed.
const graceful = 15 * time.Second

// Command runs a program to its end. If ctx ends first, the program and its children are told to stop. Its output goes
// to the log; on failure the error carries the command line and the last lines. line, if not nil, sees each line of
// output as it comes.
func (j *Job) Command(ctx context.Context, cmd *exec.Cmd, line func(string)) error {
	tail := &tailWriter{line: line}
	out := io.MultiWriter(j.Log, tail)
	cmd.Stdout, cmd.Stderr = out, out
	// A process group of its own: children of a killed mmdebstrap or go would otherwise go on, and write into folders
	// that are being removed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = graceful
	fmt.Fprintf(j.Log, "$ %s\n", strings.Join(cmd.Args, " "))
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &CommandError{Command: strings.Join(cmd.Args, " "), Tail: tail.last(), Err: err}
}

// CommandError is the failure of a program that a part ran.
type CommandError struct {
	Command string
	// Tail holds the last lines of its output.
	Tail []string
	Err  error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("running %s: %v", shorten(e.Command), e.Err)
}

func (e *CommandError) Unwrap() error { return e.Err }

func shorten(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return s[:most] + " ..."
}

// Explain is the long form of an error of the runner: the part, the command, the last lines of its output.
func Explain(err error) string {
	var b strings.Builder
	fmt.Fprintln(&b, err)
	var cmd *CommandError
	if errors.As(err, &cmd) && len(cmd.Tail) > 0 {
		fmt.Fprintln(&b, "  the last lines of its output:")
		for _, l := range cmd.Tail {
			fmt.Fprintln(&b, "    "+l)
		}
	}
	return b.String()
}

// tailWriter keeps the last lines that are written to it. os/exec writes from one goroutine when Stdout and Stderr are
// the same writer.
type tailWriter struct {
	mu    sync.Mutex
	part  []byte
	lines []string
	line  func(string)
}

const tailLines = 20

func (t *tailWriter) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, p...)
	for {
		i := bytes.IndexAny(t.part, "\n\r")
		if i < 0 {
			return len(p), nil
		}
		t.add(string(t.part[:i]))
		t.part = t.part[i+1:]
	}
}

func (t *tailWriter) add(l string) {
	if l = strings.TrimRight(l, " \t"); l == "" {
		return
	}
	if t.line != nil {
		t.line(l)
	}
	if t.lines = append(t.lines, l); len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

func (t *tailWriter) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.part) > 0 {
		t.add(string(t.part))
		t.part = nil
	}
	return t.lines
}
