package nodeimage

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// fakeEngine answers by the words of the command, and notes what it was told to remove.
func fakeEngine(removed *[]string, answers map[string]string) Engine {
	return Engine{Name: "podman", Run: func(_ context.Context, args ...string) (string, error) {
		command := strings.Join(args, " ")
		if name, ok := strings.CutPrefix(command, "image rm "); ok {
			*removed = append(*removed, name)
			return "", nil
		}
		answer, ok := answers[command]
		if !ok {
			return "", errors.New("nobody said what this does: " + command)
		}
		return answer, nil
	}}
}

const (
	listing = "image ls --quiet --no-trunc --filter label=org.opencontainers.image.title=Rampart kind node"
)

func TestOnlyOurOwnImagesAreListed(t *testing.T) {
	t.Parallel()
	const usersOf = "ps --all --filter ancestor=%s --format {{.Names}}"
	ask := func(id string) string { return strings.Replace(usersOf, "%s", id, 1) }
	var removed []string
	engine := fakeEngine(&removed, map[string]string{
		// With two names an image is listed twice.
		listing:                         "sha256:new\nsha256:old\nsha256:old\nsha256:theirs\nsha256:nameless\n",
		"image inspect sha256:new":      `[{"RepoTags": ["localhost/rampart/node:v1.37.0-b"], "Size": 7}]`,
		"image inspect sha256:old":      `[{"RepoTags": ["localhost/rampart/node:v1.36.3-z", "localhost/rampart/node:v1.36.3-a"]}]`,
		"image inspect sha256:theirs":   `[{"RepoTags": ["localhost/rampart/node:v1.37.0-c", "registry.example/node:mine"]}]`,
		"image inspect sha256:nameless": `[{"RepoTags": null}]`,
		ask("new"):                      "blue-worker\nblue-control-plane\n",
		ask("old"):                      "\n",
	})
	images, err := List(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	want := []Image{
		{Engine: "podman", ID: "sha256:old", References: []string{"localhost/rampart/node:v1.36.3-a", "localhost/rampart/node:v1.36.3-z"}},
		{
			Engine: "podman", ID: "sha256:new", References: []string{"localhost/rampart/node:v1.37.0-b"}, Size: 7,
			Containers: []string{"blue-control-plane", "blue-worker"},
		},
	}
	if !reflect.DeepEqual(images, want) {
		t.Fatalf("got  %+v\nwant %+v", images, want)
	}
	if err := Remove(t.Context(), engine, images[0]); err != nil || !reflect.DeepEqual(removed, want[0].References) {
		t.Errorf("removed %q, %v", removed, err)
	}
}

func TestAnEngineThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]map[string]string{
		"listing":    {},
		"looking at": {listing: "sha256:new\n"},
		"understand": {listing: "sha256:new\n", "image inspect sha256:new": "[]"},
		"who uses":   {listing: "sha256:new\n", "image inspect sha256:new": `[{"RepoTags": ["localhost/rampart/node:v1-a"]}]`},
	} {
		if _, err := List(t.Context(), fakeEngine(nil, answers)); err == nil ||
			!strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "podman") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
