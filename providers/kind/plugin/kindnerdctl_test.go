package plugin

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKindsNerdctlPutsNodesIntoTheirOwnNetwork calls what the kind library (v0.33) calls, with a nerdctl that tells how it was
// called.
func TestKindsNerdctlPutsNodesIntoTheirOwnNetwork(t *testing.T) {
	t.Parallel()
	programs, directory := t.TempDir(), t.TempDir()
	fake := `#!/bin/sh
case "$*" in
"network inspect rampart-demo --format={{.Name}}") echo rampart-demo ;;
"network inspect none"*) echo 'no network found matching: none' >&2; exit 7 ;;
*) echo "$#" "$@" ;;
esac
`
	if err := os.WriteFile(filepath.Join(programs, "nerdctl"), []byte(fake), 0o700); err != nil {
		t.Fatal(err)
	}
	path, err := (&kindClient{engine: command{program: engineNerdctl}}).nerdctlFor(directory)
	if err != nil {
		t.Fatal(err)
	}
	call := func(network string, args ...string) (string, int) {
		called := exec.CommandContext(t.Context(), path, args...)
		called.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "RAMPART_NETWORK="+network)
		output, _ := called.Output()
		return strings.TrimSpace(string(output)), called.ProcessState.ExitCode()
	}
	for want, args := range map[string][]string{
		"kind": {"network", "inspect", "kind", "--format={{.Name}}"},
		"11 run --cgroupns=private --name demo-worker --hostname kind --net rampart-demo --label a b kind": {
			"run", "--name", "demo-worker", "--hostname", "kind", "--net", "kind", "--label", "a b", "kind",
		},
		"4 exec --privileged kind ls": {"exec", "--privileged", "kind", "ls"},
		"3 network inspect bridge":    {"network", "inspect", "bridge"},
	} {
		if got, status := call("rampart-demo", args...); got != want || status != 0 {
			t.Errorf("%q: %q, status %d, want %q", args, got, status, want)
		}
	}
	if got, status := call("none", "network", "inspect", "kind", "--format={{.Name}}"); status != 7 {
		t.Errorf("without the network: %q, status %d", got, status)
	}
	if path, err := (&kindClient{engine: command{program: enginePodman}}).nerdctlFor(directory); path != "" || err != nil {
		t.Errorf("with podman: %q, %v", path, err)
	}
	if err := removeOurFiles(directory); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(directory); err == nil {
		t.Error("the program is left in the cluster's directory")
	}
}
