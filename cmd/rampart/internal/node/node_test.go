package node

import (
	"os"
	"path/filepath"
	"testing"
)

// TestANodeIsStartedIfItIsStopped: one that is gone is neither stopped nor running.
func TestANodeIsStartedIfItIsStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	engine := filepath.Join(dir, "engine")
	script := `#!/bin/sh -eu
for name; do :; done
case "$1" in
container) cat "` + dir + `/$name" ;;
start) [ -e "` + dir + `/$name" ] && echo running >"` + dir + `/$name" ;;
*) exit 2 ;;
esac
`
	if err := os.WriteFile(engine, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	is := func(status string) {
		if err := os.WriteFile(filepath.Join(dir, "worker"), []byte(status+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	worker, gone := Node{Engine: engine, Name: "worker"}, Node{Engine: engine, Name: "gone"}
	for status, want := range map[string]bool{
		"created": true, "stopped": true, "running": false, "paused": false, "stopping": false, "removing": false, "dead": false,
	} {
		is(status)
		if stopped, err := worker.Stopped(t.Context()); err != nil || stopped != want {
			t.Errorf("a node that is %s is stopped: %t, %v", status, stopped, err)
		}
	}
	is("exited")
	if stopped, err := worker.Stopped(t.Context()); err != nil || !stopped {
		t.Errorf("a stopped node: %t, %v", stopped, err)
	}
	if err := worker.Start(t.Context()); err != nil {
		t.Error(err)
	}
	if stopped, err := worker.Stopped(t.Context()); err != nil || stopped {
		t.Errorf("a running node: %t, %v", stopped, err)
	}
	if stopped, err := gone.Stopped(t.Context()); err == nil || stopped {
		t.Errorf("a node that is gone: %t, %v", stopped, err)
	}
	if gone.Start(t.Context()) == nil {
		t.Error("a node that is gone was started")
	}
}
