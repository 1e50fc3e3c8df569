package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/verify/live"
)

// TestPruneRemovesOurUnusedImagesOnly makes images, and asks for all of them to go, and for the one that the cluster runs on:
// only what looks like Rampart's in every respect goes, and only if no container is made of it.
//
//nolint:paralleltest // nobody else may look at the engine's images meanwhile
func TestPruneRemovesOurUnusedImagesOnly(t *testing.T) {
	engine, node := clusterImage(t)
	const label = `LABEL org.opencontainers.image.title="Rampart kind node"`
	const repository = "localhost/rampart/node:v0.0.1-"
	container := cluster.Name + "-prune"
	for name, image := range map[string]struct {
		lines, alias string
		used, goes   bool
	}{
		repository + "unused":           {lines: label, goes: true},
		repository + "used":             {lines: label, used: true},
		repository + "aliased":          {lines: label, alias: "localhost/rampart-e2e/mine:1"},
		repository + "unlabelled":       {lines: "LABEL somebody=else"},
		"localhost/rampart-e2e/built:1": {lines: label},
		node:                            {},
	} {
		t.Run(strings.NewReplacer("/", "-", ":", "-").Replace(name), func(t *testing.T) {
			if image.lines != "" {
				folder := t.TempDir()
				// Each is an image of its own.
				text := "FROM scratch\n" + image.lines + "\nLABEL test=\"" + name + "\"\n"
				if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				mustRun(t, engine, "build", "--tag", name, folder)
				cleanUp(t, engine, "image", "rm", name)
			}
			if image.alias != "" {
				mustRun(t, engine, "tag", name, image.alias)
				cleanUp(t, engine, "image", "rm", image.alias)
			}
			if image.used {
				mustRun(t, engine, "create", "--name", container, name, "/nothing")
				cleanUp(t, engine, "rm", container)
			}
			mustRun(t, engine, "image", "inspect", name) // control: it is there
			result, _ := product.Run(t.Context(), "prune", name)
			_, err := engine.Run(t.Context(), "image", "inspect", name)
			if gone := err != nil; gone != image.goes {
				t.Errorf("it is gone: %v, want %v:\n%s", gone, image.goes, result)
			}
			if !strings.Contains(result.Output(), name) {
				t.Errorf("it is not mentioned:\n%s", result)
			}
		})
	}
}

// clusterImage finds the engine that holds the cluster, and the name of its node image.
func clusterImage(t *testing.T) (live.Engine, string) {
	t.Helper()
	for _, engine := range live.Engines(t.Context()) {
		image, err := engine.Run(t.Context(), "inspect", "--type", "container", "--format", "{{.Config.Image}}",
			cluster.ControlPlane().Name)
		if err == nil {
			return engine, strings.TrimSpace(image)
		}
	}
	t.Fatal("no engine holds the cluster")
	return "", ""
}

func mustRun(t *testing.T, engine live.Engine, args ...string) {
	t.Helper()
	if _, err := engine.Run(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

// cleanUp runs a command at the end of the test, which may have nothing left to do.
func cleanUp(t *testing.T, engine live.Engine, args ...string) {
	t.Helper()
	t.Cleanup(func() { _, _ = engine.Run(context.WithoutCancel(t.Context()), args...) })
}
