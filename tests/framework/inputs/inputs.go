// Package inputs tells Go what the result of a test depends on beside the files that the test itself reads. Go keeps results, and
// cannot see what a command that a test starts has read.
package inputs

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Sources are the files of Go, and go.mod, in folders and all below them but those whose names begin with a dot.
func Sources(t *testing.T, folders ...string) {
	t.Helper()
	err := note(folders, func(name string) bool { return filepath.Ext(name) == ".go" || name == "go.mod" || name == "go.sum" })
	if err != nil {
		t.Fatal(err)
	}
}

// Note is the same for all files, whatever is in them: what is embedded in a program counts as well. A path may be a file.
func Note(paths ...string) error { return note(paths, func(string) bool { return true }) }

func note(paths []string, counts func(name string) bool) error {
	seen := 0
	for _, path := range paths {
		err := filepath.WalkDir(path, func(below string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if below != path && strings.HasPrefix(entry.Name(), ".") {
					return filepath.SkipDir
				}
				return nil
			}
			if !counts(entry.Name()) {
				return nil
			}
			seen++
			// Go notes what is asked about through package os: size and time count.
			_, err = os.Stat(below)
			return err
		})
		if err != nil {
			return err
		}
	}
	if seen == 0 {
		return fmt.Errorf("no sources in %v", paths)
	}
	return nil
}

// product is what the product is made from, in the root of the clone.
var product = []string{
	"baseline", "cmd", "components", "go.mod", "go.sum", "main.go", "plan", "providers", "Pulumi.yaml", "stacks", "tools/airgap",
	"verify",
}

// Product notes all that the product is made from: its command line, its program, its plugin and what those build and install.
func Product(root string) error {
	paths := make([]string, len(product))
	for i, name := range product {
		paths[i] = filepath.Join(root, name)
	}
	return Note(paths...)
}

// Command is one that starts a program which was built in the clone. Go notes the time of a program that a test starts, and
// each build renews that, whether it changes anything or not: what counts is what the program is made from, which the caller
// has noted.
func Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	// The shell's process becomes the program's.
	return exec.CommandContext(ctx, "sh", slices.Concat([]string{"-c", `exec "$0" "$@"`, program}, args)...)
}
