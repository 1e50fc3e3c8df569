package road

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
)

// TestPluginsOf reads the project's own go.mod: a stack asks for no plugin of a cloud that it has nothing to do with.
func TestPluginsOf(t *testing.T) {
	t.Parallel()
	modules, err := requirements(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for provider, want := range map[baseline.Provider][]string{
		baseline.ProviderKind: {"kubernetes"},
		baseline.ProviderEKS:  {"aws", "kubernetes"},
		baseline.ProviderAKS:  {"azure-native", "kubernetes"},
		baseline.ProviderGKE:  {"gcp", "kubernetes"},
	} {
		plugins := pluginsOf(provider, modules)
		var names []string
		for i, each := range plugins {
			names = append(names, each.name)
			if slices.Contains(plugins[:i], each) {
				t.Errorf("%s: %v twice", provider, each)
			}
			if !slices.ContainsFunc(modules, func(m module.Version) bool {
				return strings.HasPrefix(m.Path, sdks[each.name]) && m.Version == each.version
			}) {
				t.Errorf("%s: %v is no version of an SDK", provider, each)
			}
		}
		slices.Sort(names)
		if got := slices.Compact(names); !slices.Equal(got, want) {
			t.Errorf("%s needs %v, want %v", provider, got, want)
		}
	}
}

// TestInstallPlugins stands a script in the place of the Pulumi CLI.
func TestInstallPlugins(t *testing.T) {
	t.Parallel()
	space := &workspace.Workspace{Root: t.TempDir(), Home: t.TempDir()}
	home, calls := t.TempDir(), filepath.Join(t.TempDir(), "calls")
	write(t, filepath.Join(space.Root, "go.mod"), `module example.com/m
require (
	github.com/pulumi/pulumi-aws/sdk/v6 v6.1.0
	github.com/pulumi/pulumi-kubernetes/sdk/v4 v4.2.0
)
`)
	script := func(status string) {
		t.Helper()
		text := "#!/bin/sh\necho \"$PULUMI_HOME $*\" >> " + calls + "\nexit " + status + "\n"
		if err := os.MkdirAll(filepath.Dir(space.Tool("pulumi")), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(space.Tool("pulumi"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	environment := []string{"PULUMI_HOME=/elsewhere", "PULUMI_HOME=" + home}
	install := func() (string, error) {
		t.Helper()
		if err := os.RemoveAll(calls); err != nil {
			t.Fatal(err)
		}
		err := InstallPlugins(t.Context(), space, environment, baseline.ProviderKind, t.Output())
		made, readErr := os.ReadFile(calls)
		if readErr != nil && !os.IsNotExist(readErr) {
			t.Fatal(readErr)
		}
		return string(made), err
	}
	want := home + " plugin install resource kubernetes v4.2.0\n"

	script("0")
	if made, err := install(); err != nil || made != want {
		t.Errorf("nothing is there: called %q, %v; want %q", made, err, want)
	}
	there := filepath.Join(home, "plugins", "resource-kubernetes-v4.2.0")
	if err := os.MkdirAll(there, 0o700); err != nil {
		t.Fatal(err)
	}
	if made, err := install(); err != nil || made != "" {
		t.Errorf("it is there: called %q, %v", made, err)
	}
	write(t, there+".partial", "")
	if made, err := install(); err != nil || made != want {
		t.Errorf("half of it is there: called %q, %v; want %q", made, err, want)
	}
	script("3")
	if _, err := install(); err == nil || !strings.Contains(err.Error(), "pulumi plugin install resource kubernetes v4.2.0") {
		t.Errorf("it cannot be had: %v; want what to do by hand", err)
	}
}
