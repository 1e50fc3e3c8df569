package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRuntimeFlags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		project string
		want    []string
	}{
		"short form":   {"name: x\nruntime: go\n", nil},
		"no options":   {"name: x\nruntime:\n  name: go\n", nil},
		"build target": {"runtime:\n  name: go\n  options:\n    buildTarget: out/x\n", []string{"-buildTarget=out/x"}},
		"binary":       {"runtime:\n  name: go\n  options:\n    binary: x\n", []string{"-binary=x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.WriteFile(filepath.Join(root, "Pulumi.yaml"), []byte(test.project), 0o600); err != nil {
				t.Fatal(err)
			}
			below := filepath.Join(root, "a", "b")
			if err := os.MkdirAll(below, 0o700); err != nil {
				t.Fatal(err)
			}
			got, err := runtimeFlags(below)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestRuntimeFlagsOfBrokenProject(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "Pulumi.yaml"), []byte("runtime: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if flags, err := runtimeFlags(root); err == nil {
		t.Errorf("got %q, want an error", flags)
	}
}
