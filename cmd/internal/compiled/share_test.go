package compiled_test

import (
	"os"
	"path/filepath"
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
