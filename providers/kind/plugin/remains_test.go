package plugin

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveRemains(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	directory := filepath.Join(t.TempDir(), "blue")
	if name, err := removeRemains(t.Context(), engine, directory); name != "" || err != nil {
		t.Errorf("nothing there: got %q, %v", name, err)
	}
	// As a killed create leaves it: the journal, the network and one of two nodes.
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	args := ClusterArgs{Name: testName, Directory: directory}
	if err := newJournal(string(testURN()), "fake", args).write(directory); err != nil {
		t.Fatal(err)
	}
	engine.networks[args.network()] = directory
	engine.addNode(testName, roleControlPlane, "", args.network())
	name, err := removeRemains(t.Context(), engine, directory)
	if name != testName || err != nil {
		t.Fatalf("got %q, %v, want %q", name, err, testName)
	}
	if len(engine.clusters[testName]) > 0 || len(engine.networks) > 0 {
		t.Errorf("nodes %v and networks %v are left", engine.clusters, engine.networks)
	}
	if _, err := os.Stat(directory); err == nil {
		t.Error("the directory is left")
	}
}

func TestRemoveRemainsLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	directory := t.TempDir()
	args := ClusterArgs{Name: testName, Directory: directory}
	if err := newJournal(string(testURN()), "fake", args).write(directory); err != nil {
		t.Fatal(err)
	}
	// Somebody has made another cluster under the name since.
	engine.addNode(testName, roleControlPlane, "", "kind")
	if _, err := removeRemains(t.Context(), engine, directory); err == nil {
		t.Error("no error, want one that says whose cluster it is")
	}
	if len(engine.clusters[testName]) != 1 {
		t.Error("somebody else's cluster was deleted")
	}
}
