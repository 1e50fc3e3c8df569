package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/stacks"
)

// said is what a command has said so far.
type said struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *said) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(text)
}

// waitFor waits for something to be said that often.
func (s *said) waitFor(t *testing.T, want string, times int) {
	t.Helper()
	const patience = 30 * time.Second
	for started := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		s.mutex.Lock()
		text := s.text.String()
		s.mutex.Unlock()
		if strings.Count(text, want) >= times {
			return
		}
		if time.Since(started) > patience {
			t.Fatalf("%q is not %d times in %q", want, times, text)
		}
	}
}

// TestAWatchReadsItsStackEachTime: what was spoilt or repaired in the file while a watch goes on is seen. A waiver that ends
// meanwhile is no reason to stop watching.
func TestAWatchReadsItsStackEachTime(t *testing.T) {
	home := t.TempDir()
	t.Setenv(stacks.HomeVariable, home)
	file := filepath.Join(home, "Pulumi.watched.yaml")
	write := func(waiverEnds string) {
		t.Helper()
		text := `config:
  rampart:provider: kind
  rampart:cluster:
    name: nowhere
  rampart:baseline:
    waivers:
    - {control: RMP-IMG-003, scope: cluster, reason: the registry has no digests yet, owner: web, expires: "` + waiverEnds + `"}
`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	ctx, cancel := context.WithCancel(t.Context())
	command := &cobra.Command{}
	command.SetContext(ctx)
	output := &said{}
	command.SetOut(output)
	command.SetErr(output)
	ended := make(chan error, 1)
	question := verification{watch: time.Millisecond}
	options, _, err := verification{output: "table", failOn: "low"}.settle()
	if err != nil {
		t.Fatal(err)
	}
	go func() { ended <- question.watchOver(command, &flags{stack: "watched", config: file}, options) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	const reachesOut = "has no cluster on this machine" // the file is good, and there is nothing to attack
	output.waitFor(t, reachesOut, 1)
	write("some day")
	output.waitFor(t, "is not a day", 1)
	write("2026-01-31")
	output.waitFor(t, reachesOut, 2)
}
