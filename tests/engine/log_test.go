package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework"
)

// writesNoLog wants nothing of what the engine was told to be in a log of its own, which a search for secrets cannot look into.
// The control is the same engine with a folder for its logs: it writes one.
func writesNoLog(t *testing.T, product *framework.Product) {
	t.Helper()
	home := filepath.Join(product.Home(), "pulumi-home")
	if found := logsIn(t, home); len(found) > 0 {
		t.Errorf("the engine has written %v", found)
	}
	logs := filepath.Join(home, "logs")
	if err := os.Remove(logs); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := product.Pulumi(t.Context(), "stack", "ls"); err != nil {
		t.Fatal(err)
	}
	if found := logsIn(t, home); len(found) == 0 {
		t.Error("control: the engine writes no log into a folder that is there for it: the search sees nothing")
	}
}

// logsIn are the files under a folder that are named as logs are.
func logsIn(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".log" {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
