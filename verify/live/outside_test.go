package live

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stuckNode is a node on which no command ends: what was started holds the output for two minutes, even when the engine's own
// command is killed.
func stuckNode(t *testing.T) *Node {
	t.Helper()
	engine := filepath.Join(t.TempDir(), "engine")
	if err := os.WriteFile(engine, []byte("#!/bin/sh\nsleep 120 &\nwait\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &Node{Name: "stuck", engine: Engine(engine)}
}

// TestClosingHasAnEnd: a node that does not answer is not waited for, and what is left on it is named.
func TestClosingHasAnEnd(t *testing.T) {
	t.Parallel()
	node, tries := stuckNode(t), 0
	outside := &Outside{Address: "203.0.113.10"}
	outside.undo = []undo{
		{"the turn", func(context.Context) error { return nil }},
		{"address 203.0.113.10 on node stuck", func(ctx context.Context) error {
			tries++
			_, err := node.Exec(ctx, "ip", "address", "flush")
			return err
		}},
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		ended := make(chan error, 1)
		go func() { ended <- outside.close(ctx) }()
		select {
		case err := <-ended:
			if err == nil || !strings.Contains(err.Error(), "left: address 203.0.113.10 on node stuck") {
				t.Errorf("got %v", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("it waits for a node that does not answer")
		}
		cancel()
	}
	if tries != 2 || len(outside.undo) != 1 {
		t.Errorf("%d tries, %d things to try again", tries, len(outside.undo))
	}
}

// TestClosingIsLimited: the limit is there, whoever calls it.
func TestClosingIsLimited(t *testing.T) {
	t.Parallel()
	outside := &Outside{undo: []undo{{"it", func(ctx context.Context) error {
		if _, limited := ctx.Deadline(); !limited {
			return errors.New("there is no limit")
		}
		return nil
	}}}}
	if err := outside.Close(); err != nil {
		t.Error(err)
	}
}
