package plugin

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestUnitOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"my.service":                  "my.service",
		"kubelet.service.d/my.conf":   "kubelet.service",
		"my.path":                     "my.path",
		"my.conf":                     "",
		".service":                    "",
		"kubelet.service/my.conf":     "",
		"kubelet.service.d/my.txt":    "",
		"kubelet.service.d/a/my.conf": "",
		"kubelet.service.d":           "",
		"multi-user.target.wants/x":   "",
	} {
		if got := unitOf(name); got != want {
			t.Errorf("%s is about %q, want %q", name, got, want)
		}
	}
}

func TestChangedUnits(t *testing.T) {
	t.Parallel()
	old := map[string]string{"same.service": "a", "other.service": "a", "gone.service": "a", "kubelet.service.d/x.conf": "a"}
	units := map[string]string{"same.service": "a", "other.service": "b", "new.path": "a"}
	change := changedUnits(old, units)
	want := unitChange{restart: []string{"kubelet.service", "new.path", "other.service"}, stop: []string{"gone.service"}}
	if !reflect.DeepEqual(change, want) {
		t.Errorf("got %+v, want %+v", change, want)
	}
	if change := changedUnits(units, units); !change.empty() {
		t.Errorf("nothing has changed, and %+v", change)
	}
	if both := want.add(changedUnits(nil, units)); len(both.restart) != 4 || len(both.stop) != 1 {
		t.Errorf("joined: %+v", both)
	}
}

func TestProgramsAreCopiedAndMayRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(t.TempDir(), "built")
	write := func(content string) {
		if err := os.WriteFile(source, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := ensureProgramsDirectory(dir); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"one", "two", "two"} {
		write(content)
		if err := syncPrograms(programsDirectory(dir), map[string]string{"approver": source}); err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(programsDirectory(dir), "approver")
		got, err := os.ReadFile(copied)
		if err != nil || string(got) != content {
			t.Errorf("the copy is %q, %v", got, err)
		}
		if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("the copy's mode: %v, %v", info.Mode(), err)
		}
	}
	if faults := programFaults(map[string]string{"approver": source, "other": source + "-absent"}); len(faults) != 1 {
		t.Errorf("faults: %q", faults)
	}
	if err := syncPrograms(programsDirectory(dir), nil); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(programsDirectory(dir)); err != nil || len(entries) != 0 {
		t.Errorf("a program that is not wanted is left: %v, %v", entries, err)
	}
}
