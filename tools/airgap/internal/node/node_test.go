package node

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDropLeavesOnlyUnitsThatANodeWants(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/usr/lib/systemd/system/multi-user.target.wants/getty.target":                true,
		"/lib/systemd/system/multi-user.target.wants/getty.target":                    true,
		"/etc/systemd/system/timers.target.wants/fstrim.timer":                        true,
		"/usr/lib/systemd/system/sockets.target.wants/systemd-udevd-kernel.socket":    true,
		"/usr/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service": true,
		"/usr/lib/systemd/system/sysinit.target.wants/systemd-sysctl.service":         false,
		"/usr/lib/systemd/system/sockets.target.wants/systemd-journald.socket":        false,
		"/usr/lib/systemd/system/multi-user.target.wants":                             false,
		"/usr/lib/systemd/system/containerd.service":                                  false,
	} {
		if got := drop(path); got != want {
			t.Errorf("drop(%s) = %v", path, got)
		}
	}
}

func TestKindMode(t *testing.T) {
	t.Parallel()
	for rel, want := range map[string]uint32{
		"usr/local/bin/entrypoint": 0o755, "kind/bin/undo-mount-hacks.sh": 0o755, "kind/README.txt": 0o644, "etc/crictl.yaml": 0o644,
	} {
		if got := kindMode(rel); uint32(got) != want {
			t.Errorf("%s: %o, want %o", rel, got, want)
		}
	}
}

func TestPatchSpecAddsTheHookAndRemovesLimits(t *testing.T) {
	t.Parallel()
	out, err := patchSpec([]byte(`{"process":{"cwd":"/","rlimits":[{"type":"RLIMIT_NOFILE"}]},"hooks":{"createContainer":[{"path":"/other"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Process map[string]any
		Hooks   struct{ CreateContainer []struct{ Path string } }
	}
	if err := json.Unmarshal(out, &spec); err != nil {
		t.Fatal(err)
	}
	if _, ok := spec.Process["rlimits"]; ok || spec.Process["cwd"] != "/" {
		t.Errorf("process is %v", spec.Process)
	}
	if h := spec.Hooks.CreateContainer; len(h) != 2 || h[1].Path != "/kind/bin/mount-product-files.sh" {
		t.Errorf("hooks are %v", h)
	}
	if _, err := patchSpec([]byte(`{}`)); err == nil {
		t.Error("a specification without a process must be refused")
	}
}

func TestSandboxImageIsReplacedInKindsConfiguration(t *testing.T) {
	t.Parallel()
	in := "[plugins]\n  # use fixed sandbox image\n  sandbox_image = \"registry.k8s.io/pause:3.10\"\n  other = \"x\"\n"
	got := string(sandboxImage.ReplaceAll([]byte(in), []byte(`${1}"registry.k8s.io/pause:9"`)))
	if want := strings.Replace(in, "pause:3.10\"", "pause:9\"", 1); got != want {
		t.Errorf("got\n%s", got)
	}
}
