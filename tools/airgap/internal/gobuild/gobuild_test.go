package gobuild

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// recipe writes a Go module without dependencies.
func recipe(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type silent struct{}

func (silent) Start(*part.Part) (part.Task, func(error)) { return silent{}, func(error) {} }
func (silent) Step(string, int64, int64)                 {}

func build(t *testing.T, r Recipe) (string, error) {
	t.Helper()
	runner := part.Runner{Store: part.Store{Root: t.TempDir()}, Reporter: silent{}}
	results, err := runner.Run(t.Context(), &part.Part{Name: "go", Build: func(ctx context.Context, job *part.Job) error { return r.Build(ctx, job) }})
	if err != nil {
		return "", err
	}
	return results[0].Dir, nil
}

func TestBuildStampsAndNamesAStaticProgram(t *testing.T) {
	t.Parallel()
	dir := recipe(t, map[string]string{
		"go.mod":  "module example.org/tools/server/v3\n\ngo 1.26.0\n",
		"main.go": "package main\n\nvar version = \"none\"\n\nfunc main() { println(version) }\n",
	})
	out, err := build(t, Recipe{Dir: dir, Binaries: []Binary{{"etcd", "."}}, Stamps: []Stamp{{"main.version", "v1.2.3 x"}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), filepath.Join(out, "bin", "etcd")).CombinedOutput()
	if err != nil || strings.TrimSpace(string(text)) != "v1.2.3 x" {
		t.Errorf("it says %q, %v", text, err)
	}
	data, err := os.ReadFile(filepath.Join(out, "bin", "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), dir) {
		t.Error("the program holds a path of this machine: its bytes would differ elsewhere")
	}
}

func TestBuildFailureShowsTheCompiler(t *testing.T) {
	t.Parallel()
	dir := recipe(t, map[string]string{"go.mod": "module m\n\ngo 1.26.0\n", "main.go": "package main\n\nfunc main() { undefinedThing() }\n"})
	_, err := build(t, Recipe{Dir: dir, Binaries: []Binary{{"m", "."}}})
	if err == nil || !strings.Contains(part.Explain(err), "undefined: undefinedThing") {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, ErrModules) {
		t.Error("a compiler's error is taken for a network error")
	}
}

func TestUnreachableModulesAreSaidToBe(t *testing.T) {
	// Not parallel: the module proxy is part of the environment.
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	dir := recipe(t, map[string]string{"go.mod": "module m\n\ngo 1.26.0\n\nrequire example.org/absent v1.0.0\n"})
	_, err := ModuleDir(t.Context(), dir, "example.org/absent")
	if !errors.Is(err, ErrModules) || !strings.Contains(err.Error(), "GOPROXY") {
		t.Errorf("want advice about GOPROXY, got %v", err)
	}
}

func TestFactsHoldAllSettings(t *testing.T) {
	t.Parallel()
	base := Recipe{Dir: "d", Binaries: []Binary{{"a", "m/a"}}}
	want := strings.Join(base.Facts("go1"), "\n")
	changed := map[string]Recipe{
		"tags":    {Dir: "d", Binaries: base.Binaries, Tags: []string{"x"}},
		"stamps":  {Dir: "d", Binaries: base.Binaries, Stamps: []Stamp{{"v", "1"}}},
		"program": {Dir: "d", Binaries: []Binary{{"a", "m/b"}}},
		"overlay": {Dir: "d", Binaries: base.Binaries, Overlay: []Overlay{{"f", "m", "p"}}},
	}
	for name, r := range changed {
		if strings.Join(r.Facts("go1"), "\n") == want {
			t.Errorf("%s does not change the facts", name)
		}
	}
	if strings.Join(base.Facts("go2"), "\n") == want {
		t.Error("the toolchain does not change the facts")
	}
	if other := (Recipe{Dir: "elsewhere", Binaries: base.Binaries}); strings.Join(other.Facts("go1"), "\n") != want {
		t.Error("the place of the recipe changes the facts")
	}
}

func TestNaturalName(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string]string{
		"k8s.io/kubernetes/cmd/kubelet": "kubelet", "go.etcd.io/etcd/server/v3": "server", "example.org/vim": "vim", "./languagehost": "languagehost",
	} {
		if got := naturalName(pkg, ""); got != want {
			t.Errorf("naturalName(%s) = %s, want %s", pkg, got, want)
		}
	}
}
