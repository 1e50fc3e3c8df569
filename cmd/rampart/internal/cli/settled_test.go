package cli

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// TestAnotherQuestionIsKnown changes each thing that the engine's answer may depend on.
func TestAnotherQuestionIsKnown(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	state, folder := filepath.Join(dir, "state"), filepath.Join(dir, "cluster")
	journal := filepath.Join(folder, "journal")
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(state, "one")
	write(journal, "made")
	ask := func(now time.Time, environment ...string) string {
		t.Helper()
		question, err := fingerprint(now, environment, state, folder, filepath.Join(dir, "missing"))
		if err != nil {
			t.Fatal(err)
		}
		return question
	}
	first := ask(noon, "RAMPART_ROAD=airgap", "PULUMI_PARALLEL=32")
	same := func(says, question string, want bool) {
		t.Helper()
		if (question == first) != want {
			t.Errorf("%s: the same question: %v, want %v", says, !want, want)
		}
	}
	same("an hour later, in another order", ask(noon.Add(time.Hour), "PULUMI_PARALLEL=32", "RAMPART_ROAD=airgap"), true)
	same("what does not count", ask(noon, "RAMPART_ROAD=airgap", "PULUMI_PARALLEL=32", "TERM=dumb"), true)
	same("on another day", ask(noon.Add(24*time.Hour), "RAMPART_ROAD=airgap", "PULUMI_PARALLEL=32"), false)
	same("with another variable", ask(noon, "RAMPART_ROAD=published", "PULUMI_PARALLEL=32"), false)
	// Each of these stays: the question is another one for every one of them.
	before := first
	for _, change := range []struct {
		says string
		make func()
	}{
		{"a file is longer", func() { write(state, "three") }},
		{"a file of the same length", func() {
			write(state, "seven")
			if err := os.Chtimes(state, noon, noon); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file in a folder", func() { write(journal, "deleting") }},
		{"a new file in a folder", func() { write(filepath.Join(folder, "kubeconfig"), "") }},
		{"a file that was not there", func() { write(filepath.Join(dir, "missing"), "") }},
		{"a file that is gone", func() {
			if err := os.Remove(journal); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		change.make()
		now := ask(noon, "RAMPART_ROAD=airgap", "PULUMI_PARALLEL=32")
		if now == before {
			t.Errorf("%s: it is the same question", change.says)
		}
		before = now
	}
}

// TestOnlyTheClusterItselfAnswers: whoever else listens at its address has no certificate that its kubeconfig knows.
func TestOnlyTheClusterItselfAnswers(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("%s was asked for", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of a handshake that fails
	server.StartTLS()
	defer server.Close()
	home := t.TempDir()
	file := filepath.Join(home, "Pulumi.test.yaml")
	put := func(path, content string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put(file, "config:\n  rampart:cluster:\n    name: here\n")
	s := &session{stack: workspace.Stack{
		Workspace: &workspace.Workspace{Root: home, Home: home}, Name: "test", File: file, Provider: baseline.ProviderKind,
	}}
	trust := func(authority []byte) {
		t.Helper()
		put(filepath.Join(stacks.ClusterDirectory(home, "here"), stacks.KubeconfigName), fmt.Sprintf(
			"apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n"+
				"users: [{name: a, user: {}}]\nclusters: [{name: a, cluster: {server: %q, certificate-authority-data: %q}}]\n",
			server.URL, base64.StdEncoding.EncodeToString(authority)))
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	trust(authority)
	if err := s.answers(t.Context()); err != nil {
		t.Errorf("the cluster is ready: %v", err)
	}
	trust(nil)
	if s.answers(t.Context()) == nil {
		t.Error("somebody else's answer counts")
	}
	trust(authority)
	status = http.StatusInternalServerError
	if s.answers(t.Context()) == nil {
		t.Error("a cluster that is not ready counts")
	}
	server.Close()
	if s.answers(t.Context()) == nil {
		t.Error("a cluster that is gone counts")
	}
}

func TestNothingFollowsFromASecret(t *testing.T) {
	t.Parallel()
	got := counting([]string{"PULUMI_CONFIG_PASSPHRASE=secret", "PULUMI_ACCESS_TOKEN=secret", "PULUMI_CONFIG_PASSPHRASE_FILE=/file"})
	if len(got) != 1 || strings.Contains(strings.Join(got, " "), "secret") {
		t.Errorf("these count: %q", got)
	}
}
