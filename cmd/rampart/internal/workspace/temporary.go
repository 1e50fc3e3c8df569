package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// TemporaryFolder holds a folder for each run of the engine, whose name begins with the number of the process that removes it,
// and a dash.
func (w *Workspace) TemporaryFolder() string { return filepath.Join(w.Home, "tmp") }

// Temporary makes a folder for the temporary files of one run of the engine, and returns how to remove it. The engine ends
// its plugins without notice; the one for Kubernetes has then left kubeconfigs, with their keys, among its temporary
// files. Folders of runs that were killed before they could remove theirs are removed first; alive says which processes
// there are.
func (w *Workspace) Temporary(alive func(pid int) bool) (path string, remove func() error, err error) {
	fail := func(err error) error { return fmt.Errorf("making the folder for temporary files: %w", err) }
	entries, err := os.ReadDir(w.TemporaryFolder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fail(err)
	}
	for _, entry := range entries {
		owner, _, _ := strings.Cut(entry.Name(), "-")
		if pid, err := strconv.Atoi(owner); err == nil && alive(pid) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(w.TemporaryFolder(), entry.Name())); err != nil {
			return "", nil, fail(err)
		}
	}
	if err := os.MkdirAll(w.TemporaryFolder(), folderMode); err != nil {
		return "", nil, fail(err)
	}
	path, err = os.MkdirTemp(w.TemporaryFolder(), strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", nil, fail(err)
	}
	return path, func() error {
		err := os.RemoveAll(path)
		// It is in use if another run has one in it.
		_ = os.Remove(w.TemporaryFolder())
		return err
	}, nil
}
