package plugin

import (
	"context"
	"errors"
	"strings"
)

// kindReference returns an image's reference as kind passes it to an engine: with its registry, and without the tag if
// there is a digest, which podman does not take together.
func kindReference(reference string) string {
	name, digest, hasDigest := strings.Cut(reference, "@")
	if hasDigest {
		if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
			name = name[:colon]
		}
		name += "@" + digest
	}
	registry, _, hasPath := strings.Cut(name, "/")
	switch {
	case !hasPath:
		return "docker.io/library/" + name
	case registry != "localhost" && !strings.ContainsAny(registry, ".:"):
		return "docker.io/" + name
	default:
		return name
	}
}

func (k *kindClient) imageID(ctx context.Context, reference string) (string, error) {
	out, err := k.engine.run(ctx, "image", "inspect", "--format", "{{.Id}}", kindReference(reference))
	if failed := (commandError{}); errors.As(err, &failed) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !strings.Contains(out, ":") {
		// podman leaves the algorithm out.
		out = "sha256:" + out
	}
	return out, nil
}

func (k *kindClient) comparesImageIDs() bool {
	return !k.info.containerdStore
}

func (k *kindClient) loadImage(ctx context.Context, archive string) error {
	_, err := k.engine.run(ctx, "load", "--input", archive)
	return err
}

func (k *kindClient) tagImage(ctx context.Context, id, reference string) error {
	_, err := k.engine.run(ctx, "tag", strings.TrimPrefix(id, "sha256:"), kindReference(reference))
	return err
}

func (k *kindClient) pullImage(ctx context.Context, reference string) error {
	_, err := k.engine.run(ctx, "pull", "--quiet", kindReference(reference))
	return err
}

func (k *kindClient) imageVersion(ctx context.Context, directory, reference string) (string, error) {
	engine, err := k.limited(directory)
	if err != nil {
		return "", err
	}
	out, err := engine.run(ctx, "run", "--rm", "--network", "none", "--entrypoint", "cat", kindReference(reference), "/kind/version")
	return strings.TrimSpace(out), err
}
