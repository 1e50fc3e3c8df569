package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kind/pkg/log"
)

// hangingPodman is a podman whose "run" makes a container and then hangs, as one does whose node does not come up, until
// somebody removes the container. What it was told is in $STATE/log.
const hangingPodman = `
echo "$@ [$KIND_EXPERIMENTAL_PODMAN_NETWORK]" >> "$STATE/log"
case "$1" in
-v|--version) echo podman version 4.3.1 ;;
info) echo '{"host":{"cgroupVersion":"v2","cgroupControllers":["memory","pids","cpu"]},"version":{"Version":"4.3.1"}}' ;;
run)
	touch "$STATE/$3"
	while [ -e "$STATE/$3" ]; do sleep 0.05; done
	echo "container $3 is gone" >&2
	exit 1 ;;
ps) for node in "$STATE"/blue-*; do [ -e "$node" ] && basename "$node"; done; exit 0 ;;
container)
	shift 2
	printf '['
	separator=
	for node; do printf '%s{"Name":"%s","State":{"Status":"running"}}' "$separator" "$node"; separator=,; done
	echo ']' ;;
rm) rm -f "$STATE"/blue-* ;;
volume) [ "$2" = create ] && echo volume; exit 0 ;;
network) [ "$2" = inspect ] && echo '[]'; exit 0 ;;
logs) echo "last words of $4" ;;
esac
`

// startHangingPodman puts it on the PATH and returns it and the folder of its state.
func startHangingPodman(t *testing.T) (engine client, state string) {
	t.Helper()
	programs, state := t.TempDir(), t.TempDir()
	installEngine(t, programs, enginePodman, hangingPodman)
	t.Setenv("PATH", programs+":/usr/bin:/bin")
	t.Setenv("STATE", state)
	engine, err := realEngines{}.open(t.Context(), enginePodman)
	if err != nil {
		t.Fatal(err)
	}
	return engine, state
}

func hangingSpec(t *testing.T) createSpec {
	t.Helper()
	workers := 1
	return createSpec{args: ClusterArgs{
		Name: testName, Image: testImage, Workers: &workers, Directory: t.TempDir(),
		PodSubnet: "10.244.0.0/16", ServiceSubnet: "10.96.0.0/16",
	}}
}

// kind knows no cancellation: it must be brought to stop, with nothing of it left.
//
//nolint:paralleltest // the environment of the process names the engine
func TestCancelledCreationStopsSoon(t *testing.T) {
	engine, state := startHangingPodman(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spec := hangingSpec(t)
	go func() {
		for {
			if nodes, _ := filepath.Glob(filepath.Join(state, "blue-*")); len(nodes) == 2 {
				cancel()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	done := make(chan error, 1)
	go func() { done <- engine.create(ctx, log.NoopLogger{}, spec) }()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v, want that it was cancelled", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the creation goes on a minute after it was cancelled")
	}
	nodes, err := engine.nodes(t.Context(), testName)
	if err != nil || len(nodes) > 0 {
		t.Errorf("nodes %v (%v) are left", nodes, err)
	}
	if _, set := os.LookupEnv("KIND_EXPERIMENTAL_PODMAN_NETWORK"); set {
		t.Error("the plugin's environment still names the cluster's network")
	}
	leftovers, err := filepath.Glob(filepath.Join(spec.args.Directory, ".kubeconfig*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("%v (%v) are left in the directory", leftovers, err)
	}
	told, err := os.ReadFile(filepath.Join(state, "log"))
	if err != nil || !strings.Contains(string(told), "--net rampart-blue") || strings.Contains(string(told), "--publish=0.0.0.0") {
		t.Errorf("the nodes are not in the cluster's network, or are published to others (%v):\n%s", err, told)
	}
	published := regexp.MustCompile(`--publish=127\.0\.0\.1:(\d+):6443/`).FindSubmatch(told)
	if published == nil {
		t.Fatalf("the API server is not published:\n%s", told)
	}
	if port, err := strconv.Atoi(string(published[1])); err != nil || !serverPorts.contains(port) {
		t.Errorf("the API server's port is %s (%v), which a connection may have got since it was chosen", published[1], err)
	}
}

//nolint:paralleltest // the environment of the process names the engine
func TestFailedCreationQuotesTheEngine(t *testing.T) {
	engine, state := startHangingPodman(t)
	go func() {
		for {
			if nodes, _ := filepath.Glob(filepath.Join(state, "blue-*")); len(nodes) == 2 {
				for _, node := range nodes {
					_ = os.Remove(node)
				}
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	err := engine.create(t.Context(), log.NoopLogger{}, hangingSpec(t))
	if err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("error = %v, want what the command said", err)
	}
}

func TestEnvironmentIsRestored(t *testing.T) {
	t.Setenv("RAMPART_TEST_SET", "before")
	restore, err := setEnvironment([]string{"RAMPART_TEST_SET=during", "RAMPART_TEST_UNSET=during=too"})
	if err != nil {
		t.Fatal(err)
	}
	if got := []string{os.Getenv("RAMPART_TEST_SET"), os.Getenv("RAMPART_TEST_UNSET")}; !slices.Equal(got, []string{"during", "during=too"}) {
		t.Errorf("during: %q", got)
	}
	restore()
	if _, set := os.LookupEnv("RAMPART_TEST_UNSET"); set || os.Getenv("RAMPART_TEST_SET") != "before" {
		t.Error("the environment is not what it was")
	}
	if _, err := setEnvironment([]string{"RAMPART_TEST_SET=during", "=x"}); err == nil {
		t.Error("a nameless variable was set")
	}
	if os.Getenv("RAMPART_TEST_SET") != "before" {
		t.Error("a failure leaves half of the variables set")
	}
}
