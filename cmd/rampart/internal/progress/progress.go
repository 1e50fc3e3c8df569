// Package progress tells people how far a command has come: a line for each thing that it does, with a bar or the time
// on a terminal.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
)

const (
	// refresh is how often a line on a terminal is written anew, and quiet how often one is added elsewhere.
	refresh = 200 * time.Millisecond
	quiet   = 10 * time.Second

	barWidth = 24
)

// Reporter writes progress. Its methods may be called from anywhere, one Begin at a time.
type Reporter struct {
	out      io.Writer
	terminal bool

	mutex       sync.Mutex
	what        string
	started     time.Time
	done, total int
}

// New returns a reporter that writes to out, with movement if that is a terminal.
func New(out io.Writer) *Reporter {
	file, ok := out.(*os.File)
	return &Reporter{out: out, terminal: ok && process.IsTerminal(file)}
}

// Begin says that something begins. The function that it returns is called at its end, with an error or with what came
// out.
func (r *Reporter) Begin(what string) (end func(outcome string, err error)) {
	r.mutex.Lock()
	r.what, r.started, r.done, r.total = what, time.Now(), 0, 0
	r.mutex.Unlock()
	if !r.terminal {
		fmt.Fprintln(r.out, what)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go r.tick(stop, stopped)
	return func(outcome string, err error) {
		close(stop)
		<-stopped
		if outcome != "" {
			outcome = ": " + outcome
		}
		word := "done"
		if err != nil {
			word, outcome = "failed", ""
		}
		took := time.Since(r.started).Round(100 * time.Millisecond)
		if r.terminal {
			fmt.Fprintf(r.out, "\r\x1b[K%s: %s after %s%s\n", what, word, took, outcome)
			return
		}
		fmt.Fprintf(r.out, "  %s after %s%s\n", word, took, outcome)
	}
}

// Count says how much of what has begun is done.
func (r *Reporter) Count(done, total int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	// Whoever counts from several places may call out of order.
	r.done, r.total = max(r.done, done), total
}

func (r *Reporter) tick(stop, stopped chan struct{}) {
	defer close(stopped)
	interval := quiet
	if r.terminal {
		interval = refresh
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		if r.terminal {
			fmt.Fprintf(r.out, "\r\x1b[K%s", r.line())
		} else {
			fmt.Fprintf(r.out, "  %s\n", r.state())
		}
	}
}

func (r *Reporter) line() string {
	r.mutex.Lock()
	what := r.what
	r.mutex.Unlock()
	return what + " " + r.state()
}

// state is how far it is, in a few words.
func (r *Reporter) state() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	passed := time.Since(r.started)
	if r.total == 0 {
		return passed.Round(time.Second).String()
	}
	filled := barWidth * r.done / r.total
	return fmt.Sprintf("[%s%s] %d/%d, %.0f a second", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled),
		r.done, r.total, float64(r.done)/passed.Seconds())
}
