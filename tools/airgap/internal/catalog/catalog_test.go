package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

func testCatalog(t *testing.T, change func(*Options)) *Catalog {
	t.Helper()
	release, err := FindRelease(DefaultKubernetes)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Source: "../..", Release: release, GoVersion: "go1.26.0 amd64", AptSources: "deb http://one.example/debian bookworm main\n"}
	if change != nil {
		change(&o)
	}
	return New(o)
}

func TestEveryReleaseHasItsRecipes(t *testing.T) {
	t.Parallel()
	for _, r := range releases {
		c := testCatalog(t, func(o *Options) { o.Release = r })
		order, err := part.Closure(c.All()...)
		if err != nil {
			t.Fatal(err)
		}
		if len(order) != len(c.All()) {
			t.Errorf("%s: %d parts are reachable, %d are listed", r.Kubernetes, len(order), len(c.All()))
		}
		for _, p := range order {
			if _, err := p.Key(); err != nil {
				t.Errorf("%s: %v", r.Kubernetes, err)
			}
		}
	}
}

// Every recipe pins every module by checksum, and is used by some release: an orphan would rot.
func TestEveryRecipeIsPinnedAndUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, r := range releases {
		for _, p := range testCatalog(t, func(o *Options) { o.Release = r }).All() {
			for _, file := range p.Files {
				used[filepath.Base(file)] = true
			}
		}
	}
	entries, err := os.ReadDir("../../recipes")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !used[e.Name()] {
			t.Errorf("recipe %s is used by no release", e.Name())
		}
		mod, err := os.ReadFile(filepath.Join("../../recipes", e.Name(), "go.mod"))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(mod), "require") {
			continue
		}
		if sum, err := os.ReadFile(filepath.Join("../../recipes", e.Name(), "go.sum")); err != nil || len(sum) == 0 {
			t.Errorf("recipe %s requires modules and has no go.sum (%v)", e.Name(), err)
		}
	}
}

func keys(t *testing.T, c *Catalog) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range c.All() {
		k, err := p.Key()
		if err != nil {
			t.Fatal(err)
		}
		out[p.Name] = k
	}
	return out
}

func TestKeysFollowWhatMatters(t *testing.T) {
	t.Parallel()
	base := keys(t, testCatalog(t, nil))
	differing := func(change func(*Options)) map[string]bool {
		out := map[string]bool{}
		for name, k := range keys(t, testCatalog(t, change)) {
			if base[name] != k {
				out[name] = true
			}
		}
		return out
	}
	if d := differing(func(o *Options) { o.AptSources = "deb http://two.example/debian bookworm main\n" }); len(d) != 0 {
		t.Errorf("the address of the mirror changes %v", d)
	}
	if d := differing(func(o *Options) { o.GoVersion = "go1.27.0 amd64" }); !d["go-pause"] || !d["image-pause"] || !d["node"] || d["rootfs-node"] {
		t.Errorf("another toolchain changes %v", d)
	}
	if d := differing(func(o *Options) { o.Release.Pause = "9" }); !d["image-pause"] || !d["node"] || d["image-etcd"] || d["go-pause"] {
		t.Errorf("another pause tag changes %v", d)
	}
}

func TestFindReleaseNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	_, err := FindRelease("v1.0.0")
	if err == nil || !strings.Contains(err.Error(), `"v1.0.0"`) || !strings.Contains(err.Error(), DefaultKubernetes) {
		t.Errorf("got %v", err)
	}
}

func TestStampsNameTheRelease(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, s := range kubernetesRecipe(Release{Kubernetes: "v1.34.2"}).Stamps {
		got[s.Variable] = s.Value
	}
	for variable, want := range map[string]string{
		"k8s.io/component-base/version.gitVersion": "v1.34.2", "k8s.io/component-base/version.gitMajor": "1",
		"k8s.io/component-base/version.gitMinor": "34", "k8s.io/client-go/pkg/version.gitVersion": "v1.34.2",
	} {
		if got[variable] != want {
			t.Errorf("%s is %q, want %q", variable, got[variable], want)
		}
	}
}

const storage = `kind: Deployment
spec:
  template:
    spec:
      serviceAccountName: x
      containers:
        - name: local-path-provisioner
          image: rancher/local-path-provisioner:` + localPathVersion + `
---
kind: StorageClass
metadata:
  name: local-path
provisioner: rancher.io/local-path
---
kind: ConfigMap
data:
  config.json: |-
    {"paths":["/opt/local-path-provisioner"]}
  helperPod.yaml: |-
    image: busybox
`

func TestStorageManifestUsesOnlyImagesOfTheNode(t *testing.T) {
	t.Parallel()
	out, err := adaptStorage([]byte(storage), "registry.k8s.io/kube-proxy:v1")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if image, ok := strings.CutPrefix(strings.TrimLeft(line, " -"), "image: "); ok &&
			!strings.HasPrefix(image, localRepository) && !strings.HasPrefix(image, upstreamRegistry) {
			t.Errorf("image %s would be pulled", image)
		}
	}
	if !strings.Contains(string(out), "is-default-class: \"true\"\nprovisioner:") || !strings.Contains(string(out), "name: standard\n") {
		t.Errorf("no default class in:\n%s", out)
	}
	if _, err := adaptStorage([]byte(strings.Replace(storage, "image: busybox", "image: other", 1)), "x"); err == nil {
		t.Error("a manifest that changed its shape must not pass silently")
	}
}

func TestProgramsOfTheHostAreBuilt(t *testing.T) {
	t.Parallel()
	c := testCatalog(t, nil)
	wanted := map[*part.Part]bool{}
	for _, p := range c.Wanted() {
		wanted[p] = true
	}
	var names []string
	for _, program := range c.Programs {
		names = append(names, program.Name)
		if !wanted[program.Part] {
			t.Errorf("%s is installed but not built", program.Name)
		}
	}
	if got := strings.Join(names, " "); got != "pulumi pulumi-language-go pulumi-language-go-"+languageVersion+" pulumi-resource-kubernetes kubectl" {
		t.Errorf("programs are %s", got)
	}
	// The adapter finds the host by this name.
	source, err := os.ReadFile("../../languagehost/main.go")
	if err != nil || !strings.Contains(string(source), `"pulumi-language-go-`+languageVersion+`"`) {
		t.Errorf("the adapter starts another host (%v)", err)
	}
}
