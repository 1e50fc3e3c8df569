package doctor

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

func TestLoginProgram(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	for _, provider := range []baseline.Provider{baseline.ProviderEKS, baseline.ProviderAKS, baseline.ProviderGKE} {
		program := logins[provider].program
		if got := login(provider); got.Good || !strings.Contains(got.Detail, program) || got.Remedy == "" {
			t.Errorf("%s without its program: %s", provider, got)
		}
		if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := login(provider); !got.Good {
			t.Errorf("%s with its program: %s", provider, got)
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	space := &workspace.Workspace{Home: t.TempDir()}
	config := stacks.Config{Provider: string(baseline.ProviderEKS)}
	config.Cluster.Name = "c"
	if got := reachable(t.Context(), space, config); !got.Good || !strings.Contains(got.Detail, "rampart kubeconfig") {
		t.Errorf("a cluster that is not known here: %s", got)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(stacks.ClusterDirectory(space.Home, "c"), stacks.KubeconfigName)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := clientcmd.WriteToFile(api.Config{
		Clusters: map[string]*api.Cluster{"c": {Server: server.URL}},
		// To ask whether anybody is there, nobody logs in.
		AuthInfos: map[string]*api.AuthInfo{"c": {Exec: &api.ExecConfig{
			APIVersion: "client.authentication.k8s.io/v1", Command: "no-such-program", InteractiveMode: api.NeverExecInteractiveMode,
		}}},
		Contexts: map[string]*api.Context{"c": {Cluster: "c", AuthInfo: "c"}}, CurrentContext: "c",
	}, path); err != nil {
		t.Fatal(err)
	}
	if got := reachable(t.Context(), space, config); !got.Good || !strings.Contains(got.Detail, "answers") {
		t.Errorf("a cluster that refuses strangers: %s", got)
	}
	server.Close()
	got := reachable(t.Context(), space, config)
	if got.Good || !strings.Contains(got.Detail, server.URL+" does not answer") || !strings.Contains(got.Remedy, "inside its network") {
		t.Errorf("a private cluster that does not answer: %s", got)
	}
}
