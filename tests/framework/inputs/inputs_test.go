package inputs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// others are what is in the root of a clone beside what the product is made from.
var others = []string{
	".ci", ".gitignore", ".golangci.yml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "docs",
	"tests", "tools/browser", "tools/lint", "tools/sigstore",
}

// TestNothingOfTheProductIsForgotten: whoever adds a folder says whether results of tests depend on it.
func TestNothingOfTheProductIsForgotten(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	if _, err := os.ReadDir(root); err != nil { // for Go to note what is in it
		t.Fatal(err)
	}
	output, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.Trim(string(output), "\x00"), "\x00")
	if len(files) < 100 {
		t.Fatalf("control: Git knows only %d files", len(files))
	}
	known := slices.Concat(product, others)
	for _, file := range files {
		if !slices.ContainsFunc(known, func(path string) bool { return file == path || strings.HasPrefix(file, path+"/") }) {
			t.Errorf("%s is neither part of the product nor named as something else", file)
		}
	}
}

func TestNoteNeedsSomething(t *testing.T) {
	t.Parallel()
	if err := Note(t.TempDir()); err == nil {
		t.Error("an empty folder is something that a result depends on")
	}
	if err := Note("no-such-folder"); err == nil {
		t.Error("so is one that is not there")
	}
	if err := Note("inputs.go"); err != nil {
		t.Error(err)
	}
}
