package plugin

import (
	"os"
	"path/filepath"
	"testing"
)

// halvedPodman was killed over the removal of a container, of which it has the name and nothing else. It removes one volume.
const halvedPodman = `#!/bin/sh
case "$1" in
info) echo '{"host":{"cgroupVersion":"v2","cgroupControllers":["memory","pids","cpu"]},"version":{"Version":"4.3.1"}}' ;;
ps)
	[ -e "$STATE/half" ] || exit 0
	case "$*" in *State*) echo "blue-control-plane Removing" ;; *) echo blue-control-plane ;; esac ;;
container) echo 'Error: getting container from store "e4f1": container not known' >&2; exit 125 ;;
rm) rm -f "$STATE/half" ;;
volume)
	case "$2" in ls) [ -e "$STATE/volume" ] && echo "e7060 map[blue-worker:true]"; exit 0 ;; rm) rm -f "$STATE/volume" ;; esac ;;
esac
`

func TestHalfRemovedNodesAreNoneAndAreRemoved(t *testing.T) {
	programs, state := t.TempDir(), t.TempDir()
	installEngine(t, programs, enginePodman, halvedPodman)
	t.Setenv("PATH", programs+":/usr/bin:/bin")
	t.Setenv("STATE", state)
	for _, name := range []string{"half", "volume"} {
		if err := os.WriteFile(filepath.Join(state, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	engine, err := realEngines{}.open(t.Context(), enginePodman)
	if err != nil {
		t.Fatal(err)
	}
	if nodes, err := engine.nodes(t.Context(), testName); err != nil || len(nodes) > 0 {
		t.Errorf("nodes %v, %v", nodes, err)
	}
	if err := engine.deleteNodes(t.Context(), testName); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(state); err != nil || len(left) > 0 {
		t.Errorf("%v, %v are left", left, err)
	}
}
