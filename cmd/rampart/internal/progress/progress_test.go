package progress

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestEveryBeginningHasItsEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	reporter := New(&out)
	reporter.Begin("Adding a key")("key2", nil)
	reporter.Begin("Writing")("ignored", errors.New("no"))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || lines[0] != "Adding a key" || !strings.HasSuffix(lines[1], ": key2") ||
		!strings.Contains(lines[3], "failed") || strings.Contains(lines[3], "ignored") {
		t.Errorf("%q", lines)
	}
}

func TestTheBarShowsThePart(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	reporter := New(&out)
	end := reporter.Begin("Writing")
	reporter.Count(6, 12)
	reporter.Count(5, 12) // a worker that was overtaken
	state := reporter.state()
	end("", nil)
	if !strings.HasPrefix(state, "["+strings.Repeat("#", 12)+strings.Repeat(".", 12)+"] 6/12,") {
		t.Errorf("%q", state)
	}
}
