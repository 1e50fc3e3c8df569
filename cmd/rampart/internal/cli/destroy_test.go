package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// TestAnotherStacksClusterStays: a stack file that is the copy of another one names the same cluster. To destroy the copy, which
// was never made, must not touch it.
func TestAnotherStacksClusterStays(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for cluster, stack := range map[string]string{"rampart": "kind", "before": "kind", "other": "dev"} {
		folder := stacks.ClusterDirectory(home, cluster)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		journal := `{"urn":"urn:pulumi:` + stack + `::rampart::rampart:kind:Cluster::c","phase":"complete"}`
		for file, content := range map[string]string{"journal.json": journal, stacks.KubeconfigName: "kubeconfig"} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		stack, cluster string
		want           []string
		says           string
	}{
		{"kind", "rampart", []string{"before", "rampart"}, ""},
		{"dev", "rampart", []string{"other"}, "Cluster rampart is stack kind's, and stays"},
		{"new", "rampart", nil, "Cluster rampart is stack kind's, and stays"},
		{"new", "none", []string{"none"}, ""},
	} {
		file := filepath.Join(home, "Pulumi."+test.stack+".yaml")
		if err := os.WriteFile(file, []byte("config: {rampart:cluster: {name: "+test.cluster+"}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var progress bytes.Buffer
		s := &session{progress: &progress, stack: workspace.Stack{Workspace: &workspace.Workspace{Home: home}, Name: test.stack, File: file}}
		s.stack.Provider = "kind"
		got, err := s.ownClusters()
		slices.Sort(got)
		if err != nil || !slices.Equal(got, test.want) || strings.TrimSpace(progress.String()) != test.says {
			t.Errorf("%+v: got %v, %v, %q", test, got, err, progress.String())
		}
		_, _, err = s.adminKubeconfig(t.Context())
		if refused := err != nil && strings.Contains(err.Error(), "no cluster on this machine"); refused != (test.stack != "kind") {
			t.Errorf("%+v: the kubeconfig: %v", test, err)
		}
	}
}

// TestClusterOfAnotherStateStays: what this state does not know may be protected in another one.
func TestClusterOfAnotherStateStays(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for cluster, state := range map[string]string{"here": "file:///here", "there": "s3://there", "old": ""} {
		folder := stacks.ClusterDirectory(home, cluster)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		journal := `{"urn":"urn:pulumi:kind::rampart::rampart:kind:Cluster::c","phase":"complete","state":"` + state + `"}`
		if err := os.WriteFile(filepath.Join(folder, "journal.json"), []byte(journal), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &session{stack: workspace.Stack{
		Workspace: &workspace.Workspace{Home: home}, Name: "kind",
		Backend: workspace.Backend{Place: "file:///here", Reason: "you are not logged in elsewhere"},
	}}
	if err := s.checkState([]string{"here", "old", "none"}); err != nil {
		t.Error(err)
	}
	err := s.checkState([]string{"here", "there"})
	if err == nil {
		t.Fatal("a cluster of another state would be removed")
	}
	for _, want := range []string{"cluster there stays", "s3://there", "file:///here", "not logged in elsewhere", "--any-state"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
}
