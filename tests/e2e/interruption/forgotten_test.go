package interruption

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

//go:embed testdata/runtime.sh
var forgetfulRuntime []byte

// forgetNode leaves a node of the product's cluster as a kill at the worst moment does: podman made its container, had no
// time to note that, and knows of a container that was never made. Other engines have no such moment, and no monitors.
func forgetNode(t *testing.T, product *framework.Product) {
	t.Helper()
	podman := live.Engine("podman")
	if !slices.Contains(live.Engines(t.Context()), podman) {
		return
	}
	dir := t.TempDir()
	runtime := filepath.Join(dir, "runtime.sh")
	if err := os.WriteFile(runtime, forgetfulRuntime, 0o700); err != nil {
		t.Fatal(err)
	}
	images, err := podman.Lines(t.Context(), "images", "--quiet", "localhost/rampart/node")
	if err != nil || len(images) == 0 {
		t.Fatalf("no image for a node: %v", err)
	}
	name := product.Cluster + "-worker7"
	// The shell's process becomes podman's.
	command := exec.CommandContext(t.Context(), "sh", "-c", `echo $$ >"$0/podman"; exec podman "$@"`, dir,
		"--runtime", runtime, "run", "--detach", "--name", name, "--network", "rampart-"+product.Cluster,
		"--label", "io.x-k8s.kind.cluster="+product.Cluster, "--label", "io.x-k8s.kind.role=worker",
		"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--entrypoint", "/bin/sleep", images[0], "infinity")
	if output, err := command.CombinedOutput(); err == nil {
		t.Fatalf("control: podman outlived its end: %s", output)
	}
	state, err := podman.Run(t.Context(), "inspect", "--format", "{{.State.Status}}", name)
	if err != nil {
		t.Fatal(err)
	}
	monitored := slices.ContainsFunc(census(t, product), func(line string) bool {
		return strings.Contains(line, "/conmon ") && strings.Contains(line, " -n "+name+" ")
	})
	if !monitored || strings.TrimSpace(state) != "created" {
		t.Fatalf("control: podman says that %s is %q, and it has a monitor: %t; want it created, with one", name, state, monitored)
	}
}

// strayName leaves with podman's name server what a kill in the middle of a start leaves: the name of a container that never was.
func strayName(t *testing.T, product *framework.Product) {
	t.Helper()
	files, err := framework.NameServerFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(files, func(file string) bool { return filepath.Base(file) == "rampart-"+product.Cluster })
	if at < 0 {
		return // another engine, or a podman with another name server
	}
	file, err := os.OpenFile(files[at], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(strings.Repeat("f", 64) + " 10.89.255.250  stray\n"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// forgetNetwork leaves of the network of the product's cluster what a podman leaves that has made it for a node and is killed before
// it notes that: a namespace with a cable to the bridge.
func forgetNetwork(t *testing.T, product *framework.Product) {
	t.Helper()
	podman := live.Engine("podman")
	if !slices.Contains(live.Engines(t.Context()), podman) {
		return
	}
	bridge, err := podman.Run(t.Context(), "network", "inspect", "--format", "{{.NetworkInterface}}", "rampart-"+product.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	name, end := "netns-"+uuid.NewString(), "forgotten"
	for _, arguments := range [][]string{
		{"netns", "add", name},
		{"link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name},
		{"link", "set", end, "master", strings.TrimSpace(bridge), "up"},
	} {
		if output, err := exec.CommandContext(t.Context(), "ip", arguments...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v: %s", arguments, err, output)
		}
	}
	if lines := census(t, product); !slices.Contains(lines, "podman does not know namespace "+name) {
		t.Errorf("control: the census does not see namespace %s:\n%s", name, lines)
	}
}
