package plugin

import (
	"context"
	"fmt"
)

// ensureImage sees to it that the engine has the node image, and that it is the right one.
func ensureImage(ctx context.Context, engine client, args ClusterArgs) error {
	id, err := engine.imageID(ctx, args.Image)
	if err != nil {
		return err
	}
	if id == "" || !isWanted(engine, args, id) {
		if id, err = fetchImage(ctx, engine, args, id); err != nil {
			return err
		}
	}
	if !isWanted(engine, args, id) {
		return fmt.Errorf("the image %s has the ID %s in the engine, but imageId is %s: it is not the image that was built; "+
			"remove it from the engine, or build it again", args.Image, id, args.imageID())
	}
	version, err := engine.imageVersion(ctx, args.Directory, args.Image)
	if err != nil {
		return fmt.Errorf("reading the Kubernetes version of image %s, which every kind node image has in /kind/version: %w",
			args.Image, err)
	}
	if version != args.KubernetesVersion {
		return fmt.Errorf("the image %s holds Kubernetes %q, but kubernetesVersion is %q: they must be the same",
			args.Image, version, args.KubernetesVersion)
	}
	return nil
}

// isWanted says whether an image with the ID may be used, as far as the engine's IDs say so.
func isWanted(engine client, args ClusterArgs, id string) bool {
	return args.imageID() == "" || !engine.comparesImageIDs() || id == args.imageID()
}

// fetchImage gets the image from its archive or else its registry, and returns its ID. An image that the engine has by that
// name, but is not the wanted one, is replaced from the archive only: a registry has nothing else to offer.
func fetchImage(ctx context.Context, engine client, args ClusterArgs, present string) (string, error) {
	archive := args.imageArchive()
	switch {
	case archive != "":
		progressOf(ctx).InfoStatus("Loading the node image from " + archive)
		if err := engine.loadImage(ctx, archive); err != nil {
			return "", fmt.Errorf("loading the node image: %w", err)
		}
	case present == "":
		progressOf(ctx).InfoStatus("Pulling the node image " + args.Image)
		if err := engine.pullImage(ctx, args.Image); err != nil {
			return "", fmt.Errorf("pulling the node image: %w; without a network, build it and set imageArchive", err)
		}
	default:
		return present, nil
	}
	id, err := engine.imageID(ctx, args.Image)
	if err != nil || id != "" {
		return id, err
	}
	// An archive need not name its image the way that we do; its ID says that it is the right one.
	if wanted := args.imageID(); wanted != "" && engine.comparesImageIDs() {
		if err := engine.tagImage(ctx, wanted, args.Image); err != nil {
			return "", fmt.Errorf("the archive %s does not hold the image %s with the ID %s: %w", archive, args.Image, wanted, err)
		}
		return wanted, nil
	}
	return "", fmt.Errorf("the archive %s does not hold the image %s", archive, args.Image)
}
