package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tools/airgap/internal/catalog"
	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// finished writes what the parts of the default release would have built.
func finished(t *testing.T) (*catalog.Catalog, part.Store) {
	t.Helper()
	release, err := catalog.FindRelease(catalog.DefaultKubernetes)
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.New(catalog.Options{Source: ".", Release: release, GoVersion: "go1.26"})
	store := part.Store{Root: t.TempDir()}
	put := func(p *part.Part, name, text string) {
		dir, err := store.Dir(p)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range c.Programs {
		put(program.Part, "bin/"+program.Name, "program "+program.Name)
	}
	put(c.Node, image.ReferenceFile, "localhost/rampart/node:v1-abc\n")
	put(c.Node, image.IDFile, "sha256:abc\n")
	return c, store
}

func TestInstallFillsTheWorkingFolder(t *testing.T) {
	t.Parallel()
	c, store := finished(t)
	home := filepath.Join(t.TempDir(), "home")
	for range 2 {
		if err := install(c, store, home); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(home)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the working folder is open to others: %v %v", info.Mode(), err)
	}
	for _, program := range c.Programs {
		info, err := os.Stat(filepath.Join(home, "bin", program.Name))
		if err != nil || info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s: %v", program.Name, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(home, "images.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Road, KubernetesVersion, CalicoCRDs string
		Node                                struct{ Reference, Archive, ID string }
		Images                              map[string]struct{ Reference string }
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Road != "airgap" || got.KubernetesVersion != "v1.37.0" || got.Node.Reference != "localhost/rampart/node:v1-abc" ||
		got.Node.ID != "sha256:abc" || !filepath.IsAbs(got.Node.Archive) || !filepath.IsAbs(got.CalicoCRDs) {
		t.Errorf("images.json is %s", data)
	}
	for _, name := range []string{"calico-node", "calico-cni", "calico-kube-controllers", "agnhost"} {
		if got.Images[name].Reference == "" {
			t.Errorf("images.json has no %s", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(home, "*", "*.tmp"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestInstallReplacesAnOlderProgram(t *testing.T) {
	t.Parallel()
	c, store := finished(t)
	home := t.TempDir()
	old := filepath.Join(home, "bin", "pulumi")
	if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, []byte("old"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := install(c, store, home); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(old); err != nil || string(data) != "program pulumi" {
		t.Errorf("it is %q, %v", data, err)
	}
}

func TestBadUseIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "usage:"},
		{[]string{"bake"}, `unknown command "bake"`},
		{[]string{"build", "--kubernetes", "v0.1.0"}, `"v0.1.0"`},
		{[]string{"build", "--jobs", "0"}, "--jobs 0"},
		{[]string{"build", "no-such-part"}, `"no-such-part"`},
		{[]string{"status", "--source", "/nonexistent"}, "--source"},
		{[]string{"path", "node"}, "not built"},
	} {
		args := c.args
		if len(args) > 0 && args[0] != "bake" {
			args = append([]string{args[0], "--cache", t.TempDir()}, args[1:]...)
		}
		err := run(t.Context(), args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("airgap %v: got %v, want %q", c.args, err, c.want)
		}
	}
}
