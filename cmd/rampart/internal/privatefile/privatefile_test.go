package privatefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entries are the names in a folder.
func entries(t *testing.T, folder string) string {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, each := range found {
		names = append(names, each.Name())
	}
	return strings.Join(names, " ")
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil || string(content) != want {
		t.Errorf("%s holds %q (%v), want %q", path, content, err, want)
	}
}

// TestWhatOthersCouldReadTheyCannot: whatever mode a file has, and whoever has it open, what is written is for its owner.
func TestWhatOthersCouldReadTheyCannot(t *testing.T) {
	t.Parallel()
	for _, before := range []os.FileMode{0, 0o600, 0o644, 0o666, 0o400} {
		folder := t.TempDir()
		path := filepath.Join(folder, "result.json")
		var open *os.File
		if before != 0 {
			if err := os.WriteFile(path, []byte("what others may read"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, before); err != nil {
				t.Fatal(err)
			}
			var err error
			if open, err = os.Open(path); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(path, []byte("where it is weak")); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "where it is weak")
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("with mode %o before, it has %v (%v)", before, info.Mode(), err)
		}
		if got := entries(t, folder); got != "result.json" {
			t.Errorf("beside it: %s", got)
		}
		if open == nil {
			continue
		}
		if content, err := io.ReadAll(open); err != nil || string(content) != "what others may read" {
			t.Errorf("who had it open reads %q (%v)", content, err)
		}
		if err := open.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUntilItIsWrittenNothingChanges(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "result.json")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, end := range map[string]func(*File) error{
		"discarded": (*File).Discard,
		"a write that fails": func(file *File) error {
			if err := file.Replace(func(io.Writer) error { return errors.New("no") }); err == nil {
				return errors.New("nothing is said of it")
			}
			return nil
		},
	} {
		file, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := end(file); err != nil {
			t.Errorf("%s: %v", says, err)
		}
		holds(t, path, "before")
		if got := entries(t, folder); got != "result.json" {
			t.Errorf("%s: beside it: %s", says, got)
		}
	}
	if err := (*File)(nil).Discard(); err != nil {
		t.Error(err)
	}
}

// TestLinksStay: the file that a link leads to is replaced, the link is not. It may lead to nothing yet.
func TestLinksStay(t *testing.T) {
	t.Parallel()
	for says, before := range map[string]string{"to a file": "before", "to nothing": ""} {
		folder := t.TempDir()
		path, target := filepath.Join(folder, "latest.json"), filepath.Join(folder, "results", "1.json")
		if err := os.Mkdir(filepath.Dir(target), 0o700); err != nil {
			t.Fatal(err)
		}
		if before != "" {
			if err := os.WriteFile(target, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(filepath.Join("results", "1.json"), path); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, []byte("after")); err != nil {
			t.Fatalf("%s: %v", says, err)
		}
		holds(t, target, "after")
		if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s: the link is gone: %v %v", says, info, err)
		}
	}
	circle := filepath.Join(t.TempDir(), "circle")
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	if err := Write(circle, nil); err == nil {
		t.Error("a link to itself is written to")
	}
}

// TestDevicesAndPipesAreWrittenTo: they cannot be replaced, and keep what they are.
func TestDevicesAndPipesAreWrittenTo(t *testing.T) {
	t.Parallel()
	if err := Write(os.DevNull, []byte("away")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("it is a file now: %v %v", info, err)
	}
	reading, writing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(fmt.Sprintf("/proc/self/fd/%d", writing.Fd()), []byte("to the next program")); err != nil {
		t.Fatal(err)
	}
	if err := writing.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(reading); err != nil || string(content) != "to the next program" {
		t.Errorf("the next program reads %q (%v)", content, err)
	}
}

func TestWhatCannotBeWrittenIsSaidBefore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		folder:                              "it is a folder",
		filepath.Join(folder, "no", "file"): "no such file or directory",
		filepath.Join(file, "file"):         "not a directory",
	} {
		if _, err := Open(path); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}
