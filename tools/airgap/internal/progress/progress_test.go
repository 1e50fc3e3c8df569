package progress

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestAFileGetsLines(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, ok := New(f).(*Lines); !ok {
		t.Error("bars would fill a log with control characters")
	}
}

func TestLinesTellStartLifeAndEnd(t *testing.T) {
	t.Parallel()
	var out buffer
	l := NewLines(&out)
	l.every = 5 * time.Millisecond
	task, done := l.Start(&part.Part{Name: "p", Title: "the part"})
	task.Step("compiling x", 3, 10)
	for range 1000 {
		if strings.Contains(out.String(), "the part: compiling x (3 of 10)") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	done(nil)
	_, failed := l.Start(&part.Part{Name: "q", Title: "another"})
	failed(errors.New("boom"))
	for _, want := range []string{"the part ...", "the part: compiling x (3 of 10)", "the part: done in", "another: FAILED in"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// Close must not wait for bars for ever, whatever became of the parts.
func TestBarsEnd(t *testing.T) {
	t.Parallel()
	b := &bars{p: mpb.New(mpb.WithOutput(&buffer{}))}
	task, done := b.Start(&part.Part{Title: "counted"})
	task.Step("x", 3, 3)
	_, uncounted := b.Start(&part.Part{Title: "uncounted"})
	_, failed := b.Start(&part.Part{Title: "failed"})
	done(nil)
	uncounted(nil)
	failed(errors.New("boom"))
	ended := make(chan struct{})
	go func() {
		b.Close()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the bars never end")
	}
}
