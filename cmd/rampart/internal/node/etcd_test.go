package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// engine stands for a container engine whose node is this machine: it runs what it is told to, with "ctr" and, in place of
// what is entered with it, "nsenter" as given.
func engine(t *testing.T, ctr, nsenter string) Node {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"engine":  "#!/bin/sh\nwhile [ \"$1\" != node ]; do shift; done\nshift\nPATH=" + dir + ":$PATH\nexec \"$@\"\n",
		"ctr":     "#!/bin/sh\n" + ctr,
		"nsenter": "#!/bin/sh\n" + nsenter,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return Node{Engine: filepath.Join(dir, "engine"), Name: "node", ControlPlane: true}
}

// TestOnlyARunningContainerIsFound: after a restart, containerd still lists the one of before.
func TestOnlyARunningContainerIsFound(t *testing.T) {
	t.Parallel()
	on := engine(t, `case "$*" in
*"tasks list"*) printf 'TASK PID STATUS\nold 1 STOPPED\nnew 2 RUNNING\n' ;;
*'"etcd"'*) printf 'old\nnew\n' ;;
esac`, "")
	if found, err := on.Container(t.Context(), "etcd"); err != nil || found != "new" {
		t.Errorf("got %q, %v, want new", found, err)
	}
	if found, err := on.Container(t.Context(), "kube-apiserver"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("found %q where there is none", found)
	}
}

// TestAllPagesAreVisited: the second page begins behind the last key of the first.
func TestAllPagesAreVisited(t *testing.T) {
	t.Parallel()
	// The process is this machine's first, which is root's.
	on := engine(t, `printf 'TASK PID STATUS\nother 2 RUNNING\netcd 1 RUNNING\n'`, `case "$*" in
"--target 1 --mount --setuid 0 --setgid 0 -- etcdctl "*) ;;
*) echo "entered with $*" >&2; exit 1 ;;
esac
case "$*" in
*/registry/b*) echo '{"kvs":[{"key":"L3JlZ2lzdHJ5L2M=","value":"djM="}]}' ;;
*) echo '{"kvs":[{"key":"L3JlZ2lzdHJ5L2E=","value":"djE="},{"key":"L3JlZ2lzdHJ5L2I=","value":"djI="}],"more":true}' ;;
esac`)
	var seen []string
	etcd := &Etcd{node: on, container: "etcd"}
	if err := etcd.Heads(t.Context(), "/registry/", func(key string, head []byte) {
		seen = append(seen, key+"="+string(head))
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, " "); got != "/registry/a=v1 /registry/b=v2 /registry/c=v3" {
		t.Errorf("got %q", got)
	}
}

func TestFlagsAreReadFromTheManifest(t *testing.T) {
	t.Parallel()
	flags, err := containerFlags([]byte("spec:\n  containers:\n  - command: [etcd, --data-dir=/d, --cert-file=/c]\n"))
	if err != nil || flags["data-dir"] != "/d" || flags["cert-file"] != "/c" {
		t.Errorf("got %v, %v", flags, err)
	}
	if _, err := containerFlags([]byte("spec: {}")); err == nil {
		t.Error("a manifest without a container was read")
	}
}

// TestWordsOfAFailedCommandAreInTheError: an exit status alone says nothing.
func TestWordsOfAFailedCommandAreInTheError(t *testing.T) {
	t.Parallel()
	_, err := engine(t, "", "").Script(context.Background(), `echo "no such $1" >&2; exit 3`, "thing")
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v", err)
	}
}
