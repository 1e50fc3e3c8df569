package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// TestPluginsAreInstalledWithoutALog: the Pulumi CLI, a script here, is first started in a home where something stands in the place of
// its logs. Only the published road has it install anything.
func TestPluginsAreInstalledWithoutALog(t *testing.T) {
	t.Parallel()
	for road, want := range map[stacks.Road]string{stacks.RoadPublished: "regular file\n", stacks.RoadAirgap: ""} {
		home := t.TempDir()
		called := filepath.Join(home, "called")
		put := func(path, content string, mode os.FileMode) {
			t.Helper()
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), mode)); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(home, "stacks", "Pulumi.test.yaml")
		put(file, "config:\n  rampart:provider: kind\n", 0o600)
		put(filepath.Join(home, "go.mod"), "module m\nrequire github.com/pulumi/pulumi-kubernetes/sdk/v4 v4.2.0\n", 0o600)
		put(filepath.Join(home, stacks.ImagesFile), `{"road": "`+string(road)+`"}`, 0o600)
		s := &session{progress: t.Output(), stack: workspace.Stack{
			Workspace: &workspace.Workspace{Root: home, Home: home}, Name: "test", File: file, Provider: baseline.ProviderKind,
			Backend: workspace.Backend{Ours: true},
		}}
		put(s.stack.Tool("pulumi"), "#!/bin/sh\nstat -c %F \"$PULUMI_HOME/logs\" >> "+called+" 2>&1\n", 0o700)
		if err := s.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(called)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("road %s: in the place of the logs was %q, want %q", road, got, want)
		}
	}
}
