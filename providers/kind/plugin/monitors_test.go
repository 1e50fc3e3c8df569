package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// conmonLine is what podman 4.3.1 starts.
const conmonLine = "/usr/bin/conmon --api-version 1 -c 3bcb -u 3bcb -r /usr/bin/runc -b /store/overlay-containers/3bcb/userdata " +
	"-p /run/pidfile -n demo-worker --exit-dir /run/libpod/exits --full-attach -l k8s-file:/store/ctr.log " +
	"--log-level warning --runtime-arg --log-format=json --runtime-arg --log --runtime-arg=/run/oci-log " +
	"--runtime-arg --root=/run/other -t --conmon-pidfile /run/conmon.pid --exit-command /usr/bin/podman " +
	"--exit-command-arg --root --exit-command-arg /store --exit-command-arg -n --exit-command-arg else"

func TestMonitorsAreReadFromProcesses(t *testing.T) {
	t.Parallel()
	proc := t.TempDir()
	for pid, line := range map[string]string{
		"11":   conmonLine,
		"12":   strings.ReplaceAll(conmonLine, "/store/", "/home/else/store/"), // another user's storage
		"13":   strings.Replace(conmonLine, "/usr/bin/conmon", "/usr/bin/conmonitor", 1),
		"14":   "/usr/bin/conmon --help",
		"15":   "",
		"self": conmonLine, // not a process by its id
	} {
		if err := os.MkdirAll(filepath.Join(proc, pid), 0o700); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(line, " ", "\x00") + "\x00"
		if err := os.WriteFile(filepath.Join(proc, pid, "cmdline"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []monitor{{
		container: "3bcb", name: "demo-worker", runtime: []string{"/usr/bin/runc", "--root=/run/other"},
	}}
	own := os.Geteuid()
	if got := monitors(proc, "/store", own); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := monitors(filepath.Join(proc, "none"), "/store", own); got != nil {
		t.Errorf("without processes: %+v", got)
	}
	// Whoever may start a process may call it conmon, and name a program of theirs: it must not be run by somebody else.
	if got := monitors(proc, "/store", own+1); got != nil {
		t.Errorf("of another user: %+v", got)
	}
}

func TestPodmanOnAnotherMachineIsKnown(t *testing.T) {
	t.Parallel()
	const answer = `{"host":{"cgroupVersion":"v2","serviceIsRemote":%t},"store":{"graphRoot":"/store"}}`
	for _, remote := range []bool{true, false} {
		info, err := parseInfo(enginePodman, fmt.Sprintf(answer, remote))
		if err != nil || info.remote != remote {
			t.Errorf("got %t, %v, want %t", info.remote, err, remote)
		}
	}
}
