package plugin

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manifestFolder is a node's folder of manifests with one in it, and what the kubelet keeps of its pod.
type manifestFolder struct {
	root, manifest, fresh, pod string
}

func newManifestFolder(t *testing.T) manifestFolder {
	t.Helper()
	root := t.TempDir()
	f := manifestFolder{
		root: root, manifest: filepath.Join(root, "manifests", "kube-apiserver.yaml"), fresh: filepath.Join(root, ".new.yaml"),
		pod: filepath.Join(root, "var/lib/kubelet/pods", "uid", "containers", "kube-apiserver"),
	}
	for _, folder := range []string{filepath.Dir(f.manifest), f.pod} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(f.manifest, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f manifestFolder) replace(content string, size int) *exec.Cmd {
	command := exec.Command("sh", "-c", replaceManifest, "sh", f.manifest, f.fresh, strconv.Itoa(size))
	command.Env = append(os.Environ(), "ROOT="+f.root)
	command.Stdin = strings.NewReader(content)
	return command
}

// holds fails unless the manifest is that, the owner's alone, and nothing is left beside it.
func (f manifestFolder) holds(t *testing.T, want string) {
	t.Helper()
	content, err := os.ReadFile(f.manifest)
	if err != nil || string(content) != want {
		t.Errorf("the manifest is %q (%v), want %q", content, err, want)
	}
	if info, err := os.Stat(f.manifest); err == nil && info.Mode().Perm() != 0o600 {
		t.Errorf("the manifest has mode %s", info.Mode())
	}
	if left, err := filepath.Glob(f.fresh + "*"); err != nil || len(left) > 0 {
		t.Errorf("%v (%v) are left", left, err)
	}
}

// begin replaces the manifest and returns when the old one is away.
func (f manifestFolder) begin(t *testing.T) *exec.Cmd {
	t.Helper()
	command := f.replace("new", len("new"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(f.manifest); os.IsNotExist(err) {
			return command
		}
		if time.Now().After(deadline) {
			t.Fatal("the old manifest is not taken away")
		}
	}
}

func TestManifestComesWhenTheOldPodIsGone(t *testing.T) {
	t.Parallel()
	f := newManifestFolder(t)
	command := f.begin(t)
	time.Sleep(300 * time.Millisecond)
	if _, err := os.Stat(f.manifest); err == nil {
		t.Error("the new manifest is there while the kubelet has the old pod")
	}
	if err := os.RemoveAll(filepath.Dir(filepath.Dir(f.pod))); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	f.holds(t, "new")
}

func TestHalfAManifestIsNone(t *testing.T) {
	t.Parallel()
	f := newManifestFolder(t)
	if out, err := f.replace("ne", len("new")).CombinedOutput(); err == nil || !strings.Contains(string(out), "half") {
		t.Errorf("%v, %q, want a failure that says so", err, out)
	}
	f.holds(t, "old")
}

func TestManifestIsNotLostToASignal(t *testing.T) {
	t.Parallel()
	f := newManifestFolder(t)
	command := f.begin(t)
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Error("a script that was ended says that all went well")
	}
	f.holds(t, "new")
}
