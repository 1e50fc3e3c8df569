package workspace

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTemporaryFoldersDoNotOutliveTheirRuns(t *testing.T) {
	t.Parallel()
	w := &Workspace{Home: t.TempDir()}
	for _, left := range []string{"101-killed", "102-running"} {
		if err := os.MkdirAll(filepath.Join(w.TemporaryFolder(), left), folderMode); err != nil {
			t.Fatal(err)
		}
	}
	path, remove, err := w.Temporary(func(pid int) bool { return pid == 102 })
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != folderMode {
		t.Errorf("%s: %v, %v", path, info, err)
	}
	for left, want := range map[string]bool{"101-killed": false, "102-running": true} {
		if _, err := os.Stat(filepath.Join(w.TemporaryFolder(), left)); (err == nil) != want {
			t.Errorf("%s stands: %t, want %t", left, err == nil, want)
		}
	}
	if err := os.WriteFile(filepath.Join(path, "kubeconfig1"), []byte("key"), secretMode); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", path, err)
	}
}
