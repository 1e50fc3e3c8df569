package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	kindexec "sigs.k8s.io/kind/pkg/exec"
)

// installEngine puts a program of that name on the PATH.
func installEngine(t *testing.T, folder, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
}

const (
	podmanAnswers = `cat <<END
{"host":{"cgroupVersion":"v1"},"store":{"graphRoot":"/nowhere"},"version":{"Version":"4.3.1"}}
END
`
	dockerAnswers = `if [ "$1" = --version ]; then echo "Docker version 28.2.2, build e6534b4"; exit; fi
echo '{"CgroupVersion":"2","DockerRootDir":"/nowhere","ServerVersion":"28.2.2","DriverStatus":[["Backing Filesystem","extfs"]]}'
`
	dockerWithoutDaemon = `if [ "$1" = --version ]; then echo "Docker version 28.2.2, build e6534b4"; exit; fi
echo '{"ServerErrors":["Cannot connect to the Docker daemon at unix:///var/run/docker.sock."]}'
`
	dockerIsPodman = "echo podman version 4.3.1\n"
)

// Engines are looked for on the PATH of the process, so these tests cannot run beside each other.
func TestEngineDetection(t *testing.T) {
	tests := map[string]struct {
		installed map[string]string
		ask       string
		want      string
		words     []string
	}{
		"docker first":                 {installed: map[string]string{"docker": dockerAnswers, "podman": podmanAnswers}, ask: "auto", want: "docker"},
		"docker without a daemon":      {installed: map[string]string{"docker": dockerWithoutDaemon, "podman": podmanAnswers}, ask: "auto", want: "podman"},
		"docker that is podman":        {installed: map[string]string{"docker": dockerIsPodman, "podman": podmanAnswers}, ask: "auto", want: "podman"},
		"forced":                       {installed: map[string]string{"docker": dockerAnswers, "podman": podmanAnswers}, ask: "podman", want: "podman"},
		"forced, without a daemon":     {installed: map[string]string{"docker": dockerWithoutDaemon, "podman": podmanAnswers}, ask: "docker", words: []string{"engine docker", "Cannot connect to the Docker daemon"}},
		"forced, not installed":        {installed: map[string]string{"podman": podmanAnswers}, ask: "nerdctl", words: []string{"engine nerdctl", "not installed"}},
		"none":                         {ask: "auto", words: []string{"docker: not installed", "podman: not installed", "nerdctl: not installed"}},
		"one that fails":               {installed: map[string]string{"podman": "echo 'no subuid ranges' >&2; exit 125\n"}, ask: "auto", words: []string{"podman info", "no subuid ranges"}},
		"one that answers in nonsense": {installed: map[string]string{"podman": "echo hello\n"}, ask: "auto", words: []string{"not understood"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for name, script := range test.installed {
				installEngine(t, folder, name, strings.ReplaceAll(script, "cat ", "/bin/cat "))
			}
			t.Setenv("PATH", folder)
			found, err := realEngines{}.open(t.Context(), test.ask)
			if test.want != "" {
				if err != nil {
					t.Fatal(err)
				}
				if found.name() != test.want {
					t.Errorf("engine = %s, want %s", found.name(), test.want)
				}
				return
			}
			if err == nil {
				t.Fatalf("engine %s was found", found.name())
			}
			for _, word := range test.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %q does not say %q", err, word)
				}
			}
		})
	}
}

func TestCommandStopsWithItsContext(t *testing.T) {
	folder := t.TempDir()
	installEngine(t, folder, "podman", "exec /bin/sleep 60\n")
	t.Setenv("PATH", folder)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := command{program: "podman"}.run(ctx, "info")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 20*time.Second {
		t.Errorf("error %v after %v", err, time.Since(start))
	}
}

func TestParseInfoSeesContainerdStore(t *testing.T) {
	t.Parallel()
	info, err := parseInfo(engineDocker,
		`{"CgroupVersion":"1","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}`)
	if err != nil {
		t.Fatal(err)
	}
	if !info.containerdStore || !info.cgroupV1 {
		t.Errorf("info = %+v", info)
	}
}

func TestParseInfoKnowsWhereNerdctlKeepsContainers(t *testing.T) {
	t.Parallel()
	info, err := parseInfo(engineNerdctl, `{"CgroupVersion":"2","ServerVersion":"v2.1.0"}`)
	if err != nil || info.storage != containerdRoot {
		t.Errorf("storage %q, %v, want %s: without it nobody looks at the disk", info.storage, err, containerdRoot)
	}
}

func TestKindReference(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]string{
		"kindest/node:v1.37.0":               "docker.io/kindest/node:v1.37.0",
		"kindest/node:v1.37.0@sha256:ab":     "docker.io/kindest/node@sha256:ab",
		"docker.io/kindest/node@sha256:ab":   "docker.io/kindest/node@sha256:ab",
		"localhost/rampart/node:1":           "localhost/rampart/node:1",
		"registry:5000/node:1@sha256:ab":     "registry:5000/node@sha256:ab",
		"node:1":                             "docker.io/library/node:1",
		"registry.example.com/a/b/node:1.37": "registry.example.com/a/b/node:1.37",
	} {
		if got := kindReference(reference); got != want {
			t.Errorf("kindReference(%q) = %q, want %q", reference, got, want)
		}
	}
}

func TestParseNodes(t *testing.T) {
	t.Parallel()
	nodes, err := parseNodes(`[
	 {"Name":"/blue-worker","State":{"Status":"exited"},"Config":{"Image":"node:1","Labels":{"io.x-k8s.kind.role":"worker"}},
	  "NetworkSettings":{"Networks":{"rampart-blue":{"IPAddress":""}}}},
	 {"Name":"blue-control-plane","State":{"Status":"running"},"Config":{"Image":"node:1","Labels":{"io.x-k8s.kind.role":"control-plane"}},
	  "NetworkSettings":{"Networks":{"rampart-blue":{"IPAddress":"10.89.0.2"}}}},
	 {"Name":"of-nerdctl","State":{"Status":"running"},"Config":{"Image":"node:1","Labels":{"nerdctl/networks":"[\"rampart-blue\"]"}},
	  "NetworkSettings":{"Networks":{"unknown-eth0":{"IPAddress":"10.4.1.5"},"unknown-vxlan.calico":{"IPAddress":"10.244.27.64"}}}}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []nodeContainer{
		{
			Node:     Node{Name: "blue-control-plane", Role: "control-plane", Image: "node:1", Address: "10.89.0.2", Status: "running"},
			networks: []string{"rampart-blue"},
		},
		{
			Node:     Node{Name: "blue-worker", Role: "worker", Image: "node:1", Status: "exited"},
			networks: []string{"rampart-blue"},
		},
		{
			Node:     Node{Name: "of-nerdctl", Image: "node:1", Address: "10.4.1.5", Status: "running"},
			networks: []string{"rampart-blue"},
		},
	}
	if !reflect.DeepEqual(nodes, want) {
		t.Errorf("nodes = %+v, want %+v", nodes, want)
	}
}

func TestNodeVolumes(t *testing.T) {
	t.Parallel()
	lines := "a map[blue-control-plane:true]\nb map[blue-worker2:true other:x]\nc map[bluegreen-worker:true]\n" +
		"d map[blue-workers:true]\ne map[]\nf map[blue-worker:false]\ng blue-worker=true\n"
	if got := nodeVolumes(lines, "blue"); !slices.Equal(got, []string{"a", "b", "g"}) {
		t.Errorf("volumes = %v, want a, b and g", got)
	}
}

func TestExplainQuotesTheCommand(t *testing.T) {
	t.Parallel()
	failed := &kindexec.RunError{
		Command: []string{"podman", "exec", "kubeadm"}, Inner: errors.New("exit status 1"),
		Output: []byte(strings.Repeat("noise\n", 2000) + "the reason"),
	}
	got := explain(failed).Error()
	if !strings.Contains(got, "exit status 1") || !strings.HasSuffix(got, "the reason") || len(got) > maxWords+200 {
		t.Errorf("explained as %d bytes: %q", len(got), got)
	}
	if plain := errors.New("plain"); !errors.Is(explain(plain), plain) || explain(nil) != nil {
		t.Error("errors that are no command's must stay what they are")
	}
}

func TestAnnotateManifest(t *testing.T) {
	t.Parallel()
	manifest := "kind: Pod\nmetadata:\n  name: kube-apiserver\nspec: {}\n"
	first, err := annotateManifest(manifest, "1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := annotateManifest(first, "2")
	if err != nil {
		t.Fatal(err)
	}
	want := "kind: Pod\nmetadata:\n  annotations:\n    rampart.dev/control-plane-files: \"2\"\n  name: kube-apiserver\nspec: {}\n"
	if second != want {
		t.Errorf("manifest = %q, want %q", second, want)
	}
	if _, err := annotateManifest("[]", "1"); err == nil {
		t.Error("nonsense was annotated")
	}
}

func TestParseKubeconfigRefusesNonsense(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"not YAML":    "\tclient-key-data: s3cret",
		"no cluster":  "clusters: []",
		"no CA":       "clusters: [{cluster: {server: x}}]",
		"CA no basis": "clusters: [{cluster: {certificate-authority-data: '!'}}]",
	} {
		if _, err := parseKubeconfig(text); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error = %v, want one without the text", name, err)
		}
	}
}
