// Package inputs tells Go what the result of a test depends on beside the files that the test itself reads. Go keeps results, and
// cannot see what a command that a test starts has read.
package inputs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Sources are the files of Go, and go.mod, in folders and all below them but those whose names begin with a dot.
func Sources(t *testing.T, folders ...string) {
	t.Helper()
	seen := 0
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := entry.Name()
			if entry.IsDir() && path != folder && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			if filepath.Ext(name) != ".go" && name != "go.mod" && name != "go.sum" {
				return nil
			}
			seen++
			// Go notes what is asked about through package os: size and time count.
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Fatalf("no sources in %v", folders)
	}
}
