package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEnsureDirectory(t *testing.T) {
	t.Parallel()
	directory := filepath.Join(t.TempDir(), "a", "b")
	if err := ensureDirectory(directory); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(directory)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("mode = %04o, want 0700", info.Mode().Perm())
	}

	// Open to others, with something in it: it may be anything, /tmp for one.
	if err := os.Chmod(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := ensureDirectory(directory); err == nil || !strings.Contains(err.Error(), "chmod 700 "+directory) {
		t.Errorf("error = %v, want one that says what to do", err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := ensureDirectory(empty); err != nil {
		t.Errorf("an empty folder is refused: %v", err)
	}
}

func TestSyncFiles(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "files")
	steps := []struct {
		files   map[string]string
		changed bool
	}{
		{files: map[string]string{"a": "1", "b/c": "2", "b/d/e": "3"}, changed: true},
		{files: map[string]string{"a": "1", "b/c": "2", "b/d/e": "3"}, changed: false},
		{files: map[string]string{"a": "1 changed", "b/c": "2"}, changed: true},
		{files: map[string]string{"b": "now a file"}, changed: true},
		{files: nil, changed: true},
		{files: nil, changed: false},
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range steps {
		changed, err := syncFiles(folder, step.files)
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if (len(changed) > 0) != step.changed {
			t.Errorf("step %d: changed = %v, want %v", i, changed, step.changed)
		}
		got, err := readFiles(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(step.files) || (len(got) > 0 && !reflect.DeepEqual(got, step.files)) {
			t.Errorf("step %d: files = %v, want %v", i, got, step.files)
		}
	}
	after, err := os.Stat(folder)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the folder, which is mounted, is not the same any more: %v", err)
	}
}

func TestLockDirectory(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	unlock, err := lockDirectory(t.Context(), directory, func() { t.Error("told to wait for nothing") })
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	waited := 0
	if _, err := lockDirectory(short, directory, func() { waited++ }); !errors.Is(err, context.DeadlineExceeded) || waited != 1 {
		t.Errorf("second lock: error %v, told to wait %d times", err, waited)
	}
	got := make(chan error, 1)
	waiting := make(chan struct{})
	go func() {
		unlock, err := lockDirectory(t.Context(), directory, func() { close(waiting) })
		if err == nil {
			unlock()
		}
		got <- err
	}()
	<-waiting
	// As a run does that ends by removing all of its files, and the directory.
	if err := os.RemoveAll(directory); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := <-got; err != nil {
		t.Errorf("the lock was not handed on: %v", err)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	if _, found, err := readJournal(directory); found || err != nil {
		t.Errorf("journal of an empty directory: %v, %v", found, err)
	}
	args := ClusterArgs{Name: "blue", ControlPlaneFiles: map[string]string{"a": "secret"}}
	written := newJournal("urn", enginePodman, args)
	if err := written.write(directory); err != nil {
		t.Fatal(err)
	}
	read, found, err := readJournal(directory)
	if err != nil || !found || !reflect.DeepEqual(read, written) {
		t.Errorf("read %+v, %v, %v; want %+v", read, found, err, written)
	}
	if err := os.WriteFile(filepath.Join(directory, journalName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readJournal(directory); err == nil || !strings.Contains(err.Error(), journalName) {
		t.Errorf("error of a broken journal = %v", err)
	}
}

func TestInputsHash(t *testing.T) {
	t.Parallel()
	args := ClusterArgs{Name: "blue", ControlPlaneFiles: map[string]string{"a": "1"}}
	auto, one, archive := engineAuto, 1, "/x.tar"
	same := args
	same.Engine, same.Workers, same.ImageArchive = &auto, &one, &archive
	if inputsHash(args) != inputsHash(same) {
		t.Error("defaults and where the image comes from must make no difference")
	}
	other := args
	other.ControlPlaneFiles = map[string]string{"a": "2"}
	if inputsHash(args) == inputsHash(other) {
		t.Error("a file's content must make a difference")
	}
}
