package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
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
	const conmon = "/usr/bin/conmon"
	proc := t.TempDir()
	for pid, process := range map[string]struct{ line, runs string }{
		"11": {conmonLine, conmon},
		// Another user's storage.
		"12": {strings.ReplaceAll(conmonLine, "/store/", "/home/else/store/"), conmon},
		"13": {strings.Replace(conmonLine, conmon, "/usr/bin/conmonitor", 1), "/usr/bin/conmonitor"},
		"14": {"/usr/bin/conmon --help", conmon},
		"15": {"", conmon},
		// Whoever starts a program that becomes root has its process belong to root, and gives it what arguments they like.
		"16": {conmonLine, "/usr/bin/su"},
		"17": {conmonLine, "/home/else/conmon"},
		"18": {strings.Replace(conmonLine, "-c 3bcb", "-c --root=/home/else", 1), conmon},
		// Not a process by its number.
		"self": {conmonLine, conmon},
	} {
		if err := os.MkdirAll(filepath.Join(proc, pid), 0o700); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(process.line, " ", "\x00") + "\x00"
		if err := os.WriteFile(filepath.Join(proc, pid, "cmdline"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(process.runs, filepath.Join(proc, pid, "exe")); err != nil {
			t.Fatal(err)
		}
	}
	want := []monitor{{container: "3bcb", name: "demo-worker"}}
	own, podman := os.Geteuid(), engineInfo{storage: "/store", monitor: conmon}
	if got := monitors(proc, podman, own); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := monitors(filepath.Join(proc, "none"), podman, own); got != nil {
		t.Errorf("without processes: %+v", got)
	}
	// Whoever may start a process may call it conmon, and name a program of theirs: it must not be run by somebody else.
	if got := monitors(proc, podman, own+1); got != nil {
		t.Errorf("of another user: %+v", got)
	}
}

// TestMonitorsOfThisMachineAreRead: the kernel's own folder looks like the one above.
func TestMonitorsOfThisMachineAreRead(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(procFolder); err != nil {
		return // there is no such folder, and no monitor runs
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(procFolder, strconv.Itoa(os.Getpid()))
	if args, err := commandLine(folder, own, os.Geteuid()); err != nil || !slices.Equal(args, os.Args) {
		t.Errorf("got %q, %v, want %q", args, err, os.Args)
	}
	for name, answer := range map[string]func() ([]string, error){
		"another program": func() ([]string, error) { return commandLine(folder, "/usr/bin/conmon", os.Geteuid()) },
		"another user":    func() ([]string, error) { return commandLine(folder, own, os.Geteuid()+1) },
	} {
		if args, err := answer(); err == nil {
			t.Errorf("%s: got %q", name, args)
		}
	}
}

func TestPodmanOnAnotherMachineIsKnown(t *testing.T) {
	t.Parallel()
	const answer = `{"host":{"cgroupVersion":"v2","serviceIsRemote":%t,"conmon":{"path":"/usr/bin/conmon"},"ociRuntime":{"path":"/usr/bin/runc"}},"store":{"graphRoot":"/store","runRoot":"/run/store"}}`
	for _, remote := range []bool{true, false} {
		info, err := parseInfo(enginePodman, fmt.Sprintf(answer, remote))
		if err != nil || info.remote != remote || info.runRoot != "/run/store" || info.monitor != "/usr/bin/conmon" || info.runtime != "/usr/bin/runc" {
			t.Errorf("got %+v, %v, want %t and both programs", info, err, remote)
		}
	}
}
