package compiled_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
)

// TestAProgramIsSharedAcrossFileSystems copies what cannot be the same file. Linux has a second file system that everybody may
// write to.
func TestAProgramIsSharedAcrossFileSystems(t *testing.T) {
	t.Parallel()
	elsewhere, err := os.MkdirTemp("/dev/shm", "rampart-share-") //nolint:usetesting // on another file system
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(elsewhere); err != nil {
			t.Error(err)
		}
	})
	from, to := filepath.Join(t.TempDir(), "program"), filepath.Join(elsewhere, "program")
	write(t, from, "text")
	if err := compiled.Share(from, to); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(to)
	if err != nil || string(got) != "text" {
		t.Errorf("there is %q, %v", got, err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("cannot be run: %v, %v", info.Mode(), err)
	}
}
