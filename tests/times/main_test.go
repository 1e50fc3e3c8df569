package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestTimesFollowContent gives times to the files of two clones, one of which has been worked in.
//
//nolint:paralleltest // it changes the working directory
func TestTimesFollowContent(t *testing.T) {
	origin := t.TempDir()
	do(t, origin, "init", "--quiet")
	for name, text := range map[string]string{"one": "same", "folder/two": "same", "other": "something else", "folder/mine": "before"} {
		write(t, filepath.Join(origin, name), text)
	}
	do(t, origin, "add", ".")
	do(t, origin, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "Begin")

	var clones []map[string]time.Time
	for range 2 {
		clone := t.TempDir()
		do(t, clone, "clone", "--quiet", origin, ".")
		write(t, filepath.Join(clone, "folder", "mine"), "after")
		t.Chdir(clone)
		if err := run(); err != nil {
			t.Fatal(err)
		}
		times := map[string]time.Time{}
		for _, name := range []string{"one", "folder", "folder/two", "other", "folder/mine"} {
			info, err := os.Stat(filepath.Join(clone, name))
			if err != nil {
				t.Fatal(err)
			}
			times[name] = info.ModTime()
		}
		clones = append(clones, times)
	}
	first, second := clones[0], clones[1]
	for _, name := range []string{"one", "folder", "folder/two", "other"} {
		if !first[name].Equal(second[name]) || time.Since(first[name]) < 24*time.Hour {
			t.Errorf("%s is of %s in one clone and of %s in another", name, first[name], second[name])
		}
	}
	if !first["one"].Equal(first["folder/two"]) || first["one"].Equal(first["other"]) {
		t.Errorf("times do not follow from content: %v", first)
	}
	if time.Since(first["folder/mine"]) > time.Hour {
		t.Errorf("a file that somebody has changed is of %s", first["folder/mine"])
	}
}

func do(t *testing.T, folder string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir = folder
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, output)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
