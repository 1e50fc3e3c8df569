package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// stubs stand for what a node has. The API server answers unless the data is what REFUSED names; controller manager and scheduler
// answer unless what they are asked has what SILENT names. Whoever asks what runs leaves a word on it if etcd alone is to run.
var stubs = map[string]string{
	"ctr": `#!/bin/sh
cd "$NODE_ROOT/etc/kubernetes/manifests"
[ -e kube-apiserver.yaml ] || [ ! -e etcd.yaml ] || touch "$NODE_ROOT/run/etcd-outlives-the-api-server"
`,
	"sleep": "#!/bin/sh\nexit 0\n",
	"curl":  "#!/bin/sh\ncase \"$*\" in *\"$SILENT\"*) exit 1 ;; esac\n",
	"kubectl": `#!/bin/sh
[ -e "$NODE_ROOT/etc/kubernetes/manifests/kube-apiserver.yaml" ] && ! grep -q "$REFUSED" "$NODE_ROOT/data/member/db"
`,
}

// fakeNode is a folder with what the script moves about.
type fakeNode struct {
	t    *testing.T
	root string
}

var pods = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}

func newFakeNode(t *testing.T) *fakeNode {
	t.Helper()
	n := &fakeNode{t: t, root: t.TempDir()}
	for name, content := range stubs {
		n.put("bin/"+name, content)
		if err := os.Chmod(filepath.Join(n.root, "bin", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, pod := range pods {
		n.put("etc/kubernetes/manifests/"+pod+".yaml", pod)
	}
	n.put("run/.keep", "")
	n.put("data/member/db", "before")
	n.put("data/rampart-restore/data/member/db", "restored")
	return n
}

func (n *fakeNode) put(name, content string) {
	n.t.Helper()
	path := filepath.Join(n.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

func (n *fakeNode) move(from, to string) {
	n.t.Helper()
	target := filepath.Join(n.root, to)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		n.t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(n.root, from), target); err != nil {
		n.t.Fatal(err)
	}
}

// run runs the script in a mode. An API server on data that contains refused does not answer.
func (n *fakeNode) run(mode, refused string) (string, error) {
	n.t.Helper()
	return n.runSilent(mode, refused, never)
}

// runSilent is run, with a question that nobody answers.
func (n *fakeNode) runSilent(mode, refused, silent string) (string, error) {
	n.t.Helper()
	command := exec.Command("sh", "restore.sh", mode, n.root+"/data", n.root+"/data/rampart-restore/data")
	command.Env = append(os.Environ(), "PATH="+n.root+"/bin:"+os.Getenv("PATH"), "NODE_ROOT="+n.root, "PATIENCE=2",
		"REFUSED="+refused, "SILENT="+silent)
	out, err := command.CombinedOutput()
	return string(out), err
}

// holds fails unless etcd's data is that, the control plane is there, and nothing is left to be put back.
func (n *fakeNode) holds(data string) {
	n.t.Helper()
	content, err := os.ReadFile(filepath.Join(n.root, "data", "member", "db"))
	if err != nil || string(content) != data {
		n.t.Errorf("etcd's data is %q, %v, want %q", content, err, data)
	}
	for _, pod := range pods {
		if _, err := os.Stat(filepath.Join(n.root, "etc/kubernetes/manifests", pod+".yaml")); err != nil {
			n.t.Error(err)
		}
	}
	for _, left := range []string{"data/rampart-before-restore", "data/rampart-before-restore.over", "etc/kubernetes/rampart-restore"} {
		if _, err := os.Stat(filepath.Join(n.root, left)); err == nil {
			n.t.Errorf("%s is left", left)
		}
	}
}

const never = "no data has this"

func TestRestorePutsTheNewDataInPlace(t *testing.T) {
	t.Parallel()
	n := newFakeNode(t)
	if out, err := n.run("restore", never); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n.holds("restored")
	// Without etcd an API server takes half a minute and more to end, and the kubelet waits for it.
	if _, err := os.Stat(filepath.Join(n.root, "run", "etcd-outlives-the-api-server")); err != nil {
		t.Errorf("etcd is stopped before the API server: %v", err)
	}
}

// TestARestoreMakesOtherPods of manifests with and without annotations, each time others, of which nothing else differs.
func TestARestoreMakesOtherPods(t *testing.T) {
	t.Parallel()
	const (
		head = "apiVersion: v1\nkind: Pod\nmetadata:\n"
		tail = "  labels:\n    tier: control-plane\n  name: etcd\nspec:\n  containers:\n  - name: etcd\n"
		mark = "    rampart.dev/restored: "
	)
	n := newFakeNode(t)
	before := map[string]string{
		"etcd":           head + "  annotations:\n    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.2:2379\n" + tail,
		"kube-scheduler": head + tail,
	}
	read := func(pod string) string {
		content, err := os.ReadFile(filepath.Join(n.root, "etc/kubernetes/manifests", pod+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	for pod, content := range before {
		n.put("etc/kubernetes/manifests/"+pod+".yaml", content)
	}
	seen := map[string]bool{}
	for round := range 2 {
		n.put("data/rampart-restore/data/member/db", "restored")
		if out, err := n.run("restore", never); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for pod, content := range before {
			after := read(pod)
			if seen[after] {
				t.Errorf("round %d: the manifest of %s is the same:\n%s", round, pod, after)
			}
			seen[after] = true
			var object struct {
				Metadata struct {
					Annotations map[string]string `json:"annotations"`
				} `json:"metadata"`
			}
			if err := yaml.Unmarshal([]byte(after), &object); err != nil || object.Metadata.Annotations["rampart.dev/restored"] == "" {
				t.Errorf("round %d: %v, annotations %v:\n%s", round, err, object.Metadata.Annotations, after)
			}
			var rest []string
			for line := range strings.Lines(after) {
				if !strings.HasPrefix(line, mark) {
					rest = append(rest, line)
				}
			}
			if got := strings.Replace(strings.Join(rest, ""), "  annotations:\n  labels:", "  labels:", 1); got != content {
				t.Errorf("round %d: besides the mark the manifest of %s is\n%s", round, pod, got)
			}
		}
	}
}

// TestARestoreStartsPodsWhenTheKubeletIsDoneWithThoseOfBefore, and not while it would only look again much later.
func TestARestoreStartsPodsWhenTheKubeletIsDoneWithThoseOfBefore(t *testing.T) {
	t.Parallel()
	n := newFakeNode(t)
	n.put("var/lib/kubelet/pods/uid/containers/etcd/0", "")
	n.put("bin/sleep", `#!/bin/sh
cd "$NODE_ROOT"
[ -e var/lib/kubelet/pods/uid ] || exit 0
rm -r var/lib/kubelet/pods/uid
[ -e etc/kubernetes/manifests/etcd.yaml ] || touch run/waited
`)
	if out, err := n.run("restore", never); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n.holds("restored")
	if _, err := os.Stat(filepath.Join(n.root, "run", "waited")); err != nil {
		t.Error("nobody has waited for the kubelet")
	}
}

// TestARestoreIsNotOverBeforeTheSchedulerAnswers, though the data is in place, and stays there.
func TestARestoreIsNotOverBeforeTheSchedulerAnswers(t *testing.T) {
	t.Parallel()
	n := newFakeNode(t)
	out, err := n.runSilent("restore", never, ":10259")
	if err == nil || !strings.Contains(out, "10259 does not answer") || !strings.Contains(out, "is in place") {
		t.Errorf("%v, %q, want a failure that says so", err, out)
	}
	n.holds("restored")
}

func TestTheOldDataComesBackIfTheAPIServerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	n := newFakeNode(t)
	out, err := n.run("restore", "restored")
	if err == nil || !strings.Contains(out, "old data is back") {
		t.Errorf("%v, %q, want a failure that says so", err, out)
	}
	n.holds("before")
}

// TestRecoverPutsBackWhatACutOffRestoreLeft begins at each point between two moves.
func TestRecoverPutsBackWhatACutOffRestoreLeft(t *testing.T) {
	t.Parallel()
	const manifests, away, kept = "etc/kubernetes/manifests/", "etc/kubernetes/rampart-restore/", "data/rampart-before-restore/"
	for name, cut := range map[string]func(n *fakeNode){
		"half of the control plane is away": func(n *fakeNode) {
			n.move(manifests+"etcd.yaml", away+"etcd.yaml")
		},
		"a mark was being made": func(n *fakeNode) {
			n.move(manifests+"etcd.yaml", away+"etcd.yaml")
			n.put(away+"sedAbC123", "half")
		},
		"the control plane is away": func(n *fakeNode) {
			for _, pod := range pods {
				n.move(manifests+pod+".yaml", away+pod+".yaml")
			}
		},
		"no data is in place": func(n *fakeNode) {
			n.move("data/member", kept+"member")
			n.move(manifests+"etcd.yaml", away+"etcd.yaml")
		},
		"the new data is in place": func(n *fakeNode) {
			n.move("data/member", kept+"member")
			n.move("data/rampart-restore/data/member", "data/member")
			n.move(manifests+"kube-apiserver.yaml", away+"kube-apiserver.yaml")
		},
		"the control plane is back on the new data": func(n *fakeNode) {
			n.move("data/member", kept+"member")
			n.move("data/rampart-restore/data/member", "data/member")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newFakeNode(t)
			cut(n)
			if out, err := n.run("recover", never); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			n.holds("before")
		})
	}
}
