// Package nodeimage finds the node images that the air-gapped road has put into container engines, and removes those that
// nobody needs any more. An image that Rampart did not make is never touched.
package nodeimage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
)

const (
	// repository and titleLabel are what tools/airgap gives to every node image that it makes; no registry can answer for the
	// repository. Only an image that has both is Rampart's: a name can be given to anything, and a label is inherited by what
	// somebody builds on top.
	repository = "localhost/rampart/node"
	titleLabel = "org.opencontainers.image.title=Rampart kind node"
)

// Image is one node image in one engine.
type Image struct {
	// Engine is its command: docker, podman or nerdctl. ID is the engine's for the image.
	Engine, ID string

	// References are its names, all of them in Rampart's repository.
	References []string

	// Size in bytes, with the layers that it shares with others.
	Size int64

	// Containers are the names of those that are made of it, whether they run or not.
	Containers []string
}

// Engine calls one container engine. It stands for the engine's command in tests.
type Engine struct {
	Name string
	Run  func(ctx context.Context, args ...string) (string, error)
}

// Engines are those that answer on this machine.
func Engines(ctx context.Context) []Engine {
	var usable []Engine
	for _, name := range []string{"docker", "podman", "nerdctl"} {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		engine := Engine{Name: name, Run: func(ctx context.Context, args ...string) (string, error) {
			out, err := process.Output(ctx, process.Command{Path: name, Args: args})
			return string(out), err
		}}
		if _, err := engine.Run(ctx, "ps", "--quiet"); err == nil {
			usable = append(usable, engine)
		}
	}
	return usable
}

// List finds Rampart's node images in an engine, in order of their names.
func List(ctx context.Context, engine Engine) ([]Image, error) {
	out, err := engine.Run(ctx, "image", "ls", "--quiet", "--no-trunc", "--filter", "label="+titleLabel)
	if err != nil {
		return nil, fmt.Errorf("listing the node images in %s: %w", engine.Name, err)
	}
	// An image with several names is listed several times.
	ids := slices.Compact(slices.Sorted(slices.Values(strings.Fields(out))))
	var images []Image
	for _, id := range ids {
		image, ours, err := inspect(ctx, engine, id)
		if err != nil {
			return nil, err
		}
		if ours {
			images = append(images, image)
		}
	}
	slices.SortFunc(images, func(a, b Image) int { return slices.Compare(a.References, b.References) })
	return images, nil
}

// inspect looks at one image. It is somebody else's as soon as it has a name outside of Rampart's repository, or none at all.
func inspect(ctx context.Context, engine Engine, id string) (image Image, ours bool, err error) {
	out, err := engine.Run(ctx, "image", "inspect", id)
	if err != nil {
		return Image{}, false, fmt.Errorf("looking at image %s in %s: %w", id, engine.Name, err)
	}
	var found []struct {
		RepoTags []string
		Size     int64
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil || len(found) != 1 {
		return Image{}, false, fmt.Errorf("understanding what %s says of image %s: %w", engine.Name, id,
			errors.Join(err, fmt.Errorf("%d descriptions", len(found))))
	}
	image = Image{Engine: engine.Name, ID: id, References: slices.Sorted(slices.Values(found[0].RepoTags)), Size: found[0].Size}
	for _, reference := range image.References {
		if !strings.HasPrefix(reference, repository+":") {
			return Image{}, false, nil
		}
	}
	if len(image.References) == 0 {
		return Image{}, false, nil
	}
	// podman finds nobody by an ID with its algorithm before it.
	ancestor := "ancestor=" + strings.TrimPrefix(id, "sha256:")
	out, err = engine.Run(ctx, "ps", "--all", "--filter", ancestor, "--format", "{{.Names}}")
	if err != nil {
		return Image{}, false, fmt.Errorf("asking %s who uses image %s: %w", engine.Name, id, err)
	}
	image.Containers = slices.Sorted(slices.Values(strings.Fields(out)))
	return image, true, nil
}

// Remove removes an image. It forces nothing: the engine refuses if a container was made of it meanwhile.
func Remove(ctx context.Context, engine Engine, image Image) error {
	for _, reference := range image.References {
		if _, err := engine.Run(ctx, "image", "rm", reference); err != nil {
			return fmt.Errorf("removing %s from %s: %w", reference, engine.Name, err)
		}
	}
	return nil
}
