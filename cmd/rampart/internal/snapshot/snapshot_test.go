package snapshot

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func described() Description {
	return Description{
		Cluster: "blue", ClusterID: "blue-1", KubernetesVersion: "v1.37.0", Taken: time.Unix(1_800_000_000, 0).UTC(),
		Revision: 7, Objects: 3, Keys: map[string]string{"key1": "aaaa"},
	}
}

func saved(t *testing.T, database string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "snapshot")
	if err := Save(path, described(), int64(len(database)), writes([]byte(database))); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsSavedComesBack(t *testing.T) {
	t.Parallel()
	path := saved(t, "the database")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s, want 0600", info.Mode())
	}
	found, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if found.Cluster != "blue" || found.Revision != 7 || found.Keys["key1"] != "aaaa" || found.Size != 12 ||
		!found.Taken.Equal(described().Taken) {
		t.Errorf("%+v", found)
	}
	var database bytes.Buffer
	if err := found.Database(func(in io.Reader) error { _, err := io.Copy(&database, in); return err }); err != nil {
		t.Fatal(err)
	}
	if database.String() != "the database" {
		t.Errorf("%q", database.String())
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the snapshot: %v, %v", entries, err)
	}
}

func TestNothingIsOverwrittenAndNoHalfIsLeft(t *testing.T) {
	t.Parallel()
	path := saved(t, "the database")
	if err := Save(path, described(), 1, writes([]byte("x"))); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("an existing file: %v", err)
	}
	other := path + "-other"
	for name, database := range map[string]func(io.Writer) error{
		"failed":   func(io.Writer) error { return errors.New("no") },
		"too long": writes([]byte("four")),
		"short":    writes([]byte("2")),
	} {
		if err := Save(other, described(), 3, database); err == nil {
			t.Errorf("%s: saved", name)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	path := saved(t, strings.Repeat("the database ", 100))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte("the database"))
	name := bytes.Index(whole, []byte(`"blue"`))
	if at < 0 || name < 0 {
		t.Fatal("control: the content is not where it is looked for")
	}
	flip := func(position int) []byte {
		damaged := bytes.Clone(whole)
		damaged[position] ^= 1
		return damaged
	}
	for what, content := range map[string][]byte{
		"a bit of the database":    flip(at + 50),
		"a bit of the description": flip(name + 2),
		"a bit of the checksums":   flip(bytes.LastIndex(whole, []byte("etcd.db")) - 3),
		"cut":                      whole[:at+60],
		"empty":                    nil,
		"something else":           []byte("apiVersion: v1\n"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v, want that it is damaged", what, err)
		}
	}
	if _, err := Open(path + "-missing"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	found := &Snapshot{Description: described(), path: "file"}
	same := Cluster{Name: "blue", ID: "blue-1", KubernetesVersion: "v1.37.0", Keys: map[string]string{"key1": "aaaa", "key2": "b"}}
	if err := found.Refusal(same, false); err != nil {
		t.Errorf("control: its own cluster: %v", err)
	}
	foreign := same
	foreign.ID = "blue-2"
	if err := found.Refusal(foreign, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a foreign cluster: %v", err)
	}
	if err := found.Refusal(foreign, true); err != nil {
		t.Errorf("a foreign cluster, forced: %v", err)
	}
	rotated := same
	rotated.Keys = map[string]string{"key1": "another of that name"}
	for _, force := range []bool{false, true} {
		if err := found.Refusal(rotated, force); err == nil || !strings.Contains(err.Error(), "key1") {
			t.Errorf("without its key, force %v: %v", force, err)
		}
	}
	older := foreign
	older.KubernetesVersion, older.Keys = "v1.36.2", nil
	err := found.Refusal(older, false)
	for _, want := range []string{"--force", "v1.36.2", "key1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in: %v", want, err)
		}
	}
}
