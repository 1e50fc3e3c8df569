// Package progress shows a run of package part: moving bars on a terminal, one timed line per event elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Reporter is a part.Reporter that must be closed, so that the last frame of the bars is drawn before other text
// follows.
type Reporter interface {
	part.Reporter
	Close()
}

// New picks bars if out is a terminal, and lines if it is a file, a pipe or a CI log.
func New(out *os.File) Reporter {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	if terminal && os.Getenv("CI") == "" {
		return &bars{p: mpb.New(mpb.WithOutput(out), mpb.WithWidth(28), mpb.WithRefreshRate(200*time.Millisecond))}
	}
	return NewLines(out)
}

type bars struct{ p *mpb.Progress }

func (b *bars) Close() { b.p.Wait() }

func (b *bars) Start(p *part.Part) (part.Task, func(error)) {
	t := &barTask{started: time.Now(), text: "starting"}
	t.bar = b.p.New(0, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
		mpb.PrependDecorators(decor.Name(p.Title, decor.WC{W: 34, C: decor.DindentRight})),
		mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string { return t.elapsed() }, decor.WC{W: 7}),
			decor.Any(func(decor.Statistics) string { return "  " + t.status() }),
		),
	)
	return t, t.finish
}

type barTask struct {
	bar     *mpb.Bar
	started time.Time
	mu      sync.Mutex
	text    string
	ended   time.Duration
}

func (t *barTask) Step(text string, done, total int64) {
	t.mu.Lock()
	t.text = text
	t.mu.Unlock()
	if total > 0 {
		// One more than the total keeps the bar open until finish says otherwise.
		t.bar.SetTotal(total+1, false)
		t.bar.SetCurrent(min(done, total))
	}
}

func (t *barTask) finish(err error) {
	t.mu.Lock()
	t.ended = time.Since(t.started)
	t.text = word(err)
	t.mu.Unlock()
	if err != nil {
		t.bar.Abort(false)
		return
	}
	t.bar.SetTotal(1, true)
}

func (t *barTask) elapsed() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended > 0 {
		return seconds(t.ended)
	}
	return seconds(time.Since(t.started))
}

func (t *barTask) status() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	const most = 60
	if len(t.text) > most {
		return "..." + t.text[len(t.text)-most+3:]
	}
	return t.text
}

// Lines reports by one line when a part starts, when it is finished, and every half minute in between, so that a CI
// log shows life without thousands of lines.
type Lines struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
	every time.Duration
}

// NewLines starts the clock that the lines show.
func NewLines(out io.Writer) *Lines {
	return &Lines{out: out, start: time.Now(), every: 30 * time.Second}
}

// Close is there for Reporter; lines need no closing.
func (l *Lines) Close() {}

func (l *Lines) print(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%7s  %s\n", seconds(time.Since(l.start)), fmt.Sprintf(format, args...))
}

// Start implements part.Reporter.
func (l *Lines) Start(p *part.Part) (part.Task, func(error)) {
	t := &lineTask{stop: make(chan struct{})}
	began := time.Now()
	l.print("%s ...", p.Title)
	go func() {
		tick := time.NewTicker(l.every)
		defer tick.Stop()
		for {
			select {
			case <-t.stop:
				return
			case <-tick.C:
				l.print("%s: %s", p.Title, t.status())
			}
		}
	}()
	return t, func(err error) {
		close(t.stop)
		l.print("%s: %s in %s", p.Title, word(err), seconds(time.Since(began)))
	}
}

type lineTask struct {
	stop        chan struct{}
	mu          sync.Mutex
	text        string
	done, total int64
}

func (t *lineTask) Step(text string, done, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text, t.done, t.total = text, done, total
}

func (t *lineTask) status() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.total > 0 {
		return fmt.Sprintf("%s (%d of %d)", t.text, t.done, t.total)
	}
	return t.text
}

// word is how a part ended.
func word(err error) string {
	switch {
	case err == nil:
		return "done"
	case part.Stopped(err):
		return "stopped"
	default:
		return "FAILED"
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
