package workspace

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestResultsAreKeptInOrderAndForTheirOwner(t *testing.T) {
	t.Parallel()
	stack := &Stack{Workspace: &Workspace{Home: t.TempDir()}, Name: "kind"}
	if kept, err := stack.KeptResults(); err != nil || len(kept) != 0 {
		t.Fatalf("before the first run: %v %v", kept, err)
	}
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for i := keptResults + 1; i >= 0; i-- {
		path, err := stack.KeepResult(start.AddDate(0, 0, i), "run", []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err == nil && info.Mode().Perm() != secretMode {
			t.Fatalf("%s has mode %o", path, info.Mode().Perm())
		}
	}
	kept, err := stack.KeptResults()
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != keptResults || filepath.Base(kept[0]) != "20261127T120000Z-run.json" {
		t.Errorf("%d kept, the first is %s", len(kept), kept[0])
	}
	info, err := os.Stat(stack.Results())
	if err != nil || info.Mode().Perm() != folderMode {
		t.Errorf("the folder has mode %o: %v", info.Mode().Perm(), err)
	}
}
