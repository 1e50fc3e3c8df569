package compiled_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
)

// TestAProgramIsShared puts a program into another folder, leaves it alone while it is the same, and replaces it when it is not.
func TestAProgramIsShared(t *testing.T) {
	t.Parallel()
	from, to := filepath.Join(t.TempDir(), "program"), filepath.Join(t.TempDir(), "bin", "program")
	for _, text := range []string{"first", "second"} {
		// As "go build" does: a new file, not new content.
		if err := os.RemoveAll(from); err != nil {
			t.Fatal(err)
		}
		write(t, from, text)
		for range 2 {
			if err := compiled.Share(from, to); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(to); err != nil || string(got) != text {
				t.Errorf("there is %q, %v, want %q", got, err, text)
			}
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(to)); err != nil || len(entries) != 1 {
		t.Errorf("beside the program: %v, %v", entries, err)
	}
}

// TestAProgramIsSharedAcrossFileSystems copies what cannot be the same file.
func TestAProgramIsSharedAcrossFileSystems(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a second file system that everybody may write to")
	}
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

// TestWhatIsNotThereIsNotShared says which program is missing.
func TestWhatIsNotThereIsNotShared(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "program")
	if err := compiled.Share(filepath.Join(t.TempDir(), "program"), to); err == nil {
		t.Error("shares a program that is not there")
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("something is there now")
	}
}
