package sbom

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestListReadsModulesOutOfABinary(t *testing.T) {
	t.Parallel()
	// A small program of this module, built as those in the images are: test binaries carry no list of modules.
	// Go keeps the result of this test, and does not see what its command reads.
	for _, source := range []string{"../../languagehost/main.go", "../../go.mod"} {
		if _, err := os.Stat(source); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../languagehost").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	packages, err := List(Contents{Binaries: []string{program, program}, Modules: []string{"sigs.k8s.io/kind@v0.33.0"}})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Package{}
	for _, p := range packages {
		if _, twice := found[p.URL]; twice {
			t.Errorf("%s is listed twice", p.URL)
		}
		found[p.URL] = p
	}
	if p, ok := found["pkg:golang/gopkg.in/yaml.v3@v3.0.1"]; !ok || !strings.HasPrefix(p.Sum, "h1:") {
		t.Errorf("a module of this binary is missing or has no checksum: %+v in %v", p, packages)
	}
	if _, ok := found["pkg:golang/sigs.k8s.io/kind@v0.33.0"]; !ok {
		t.Error("a named module is missing")
	}
}

func TestListSaysWhichFileIsNotAGoProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := List(Contents{Binaries: []string{file}}); err == nil || !strings.Contains(err.Error(), "script") {
		t.Errorf("got %v", err)
	}
}

func TestDpkgStatusTakesInstalledPackagesOnly(t *testing.T) {
	t.Parallel()
	packages, err := dpkgStatus(strings.NewReader(`Package: a
Status: install ok installed
Version: 1
Architecture: amd64

Package: b
Status: deinstall ok config-files
Version: 2
Architecture: all
`))
	if err != nil || len(packages) != 1 || packages[0].URL != "pkg:deb/debian/a@1?arch=amd64" {
		t.Errorf("got %v, %v", packages, err)
	}
}

func TestWriteIsRepeatable(t *testing.T) {
	t.Parallel()
	var texts []string
	for range 2 {
		file := filepath.Join(t.TempDir(), "sbom.json")
		err := Write(file, "example.org/x:v1", "sha256:abc", time.Unix(1767225600, 0), Contents{Modules: []string{"b@v2", "a@v1"}})
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	if texts[0] != texts[1] {
		t.Error("two documents of the same image differ")
	}
	for _, want := range []string{`"SPDX-2.3"`, `"CC0-1.0"`, `"2026-01-01T00:00:00Z"`, `"DESCRIBES"`, `"CONTAINS"`, `"pkg:golang/a@v1"`} {
		if !strings.Contains(texts[0], want) {
			t.Errorf("%s is missing in:\n%s", want, texts[0])
		}
	}
}
