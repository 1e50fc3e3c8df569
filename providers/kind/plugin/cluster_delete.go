package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Delete removes the cluster's nodes, their volumes, its network and the files that were written for it. A cluster that
// is gone already is no failure. A cluster of the same name that is not this one is left alone.
func (c *Cluster) Delete(ctx context.Context, req infer.DeleteRequest[ClusterState]) (infer.DeleteResponse, error) {
	args := req.State.ClusterArgs
	engine, err := c.engines.open(ctx, engineOf(req.State))
	if err != nil {
		return infer.DeleteResponse{}, fmt.Errorf("deleting cluster %s: %w", args.Name, err)
	}
	if _, err := os.Stat(args.Directory); err == nil {
		unlock, err := lockDirectory(ctx, args.Directory, func() {
			progressOf(ctx).InfoStatus("Waiting for an earlier run to leave the cluster alone")
		})
		if err != nil {
			return infer.DeleteResponse{}, err
		}
		defer unlock()
	} else if !errors.Is(err, fs.ErrNotExist) && args.Directory != "" {
		return infer.DeleteResponse{}, fmt.Errorf("looking at directory %s: %w", args.Directory, err)
	}
	nodes, err := engine.nodes(ctx, args.Name)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	switch {
	case len(nodes) == 0:
		progressOf(ctx).Warning(fmt.Sprintf("cluster %s is gone already", args.Name))
		// A run that was killed between its nodes and their volumes has left these.
		if err := engine.deleteNodes(ctx, args.Name); err != nil {
			return infer.DeleteResponse{}, err
		}
	case slices.ContainsFunc(nodes, func(node nodeContainer) bool { return !slices.Contains(node.networks, req.State.Network) }):
		progressOf(ctx).Warning(fmt.Sprintf("cluster %s is gone already; the cluster that has its name now is another one (its nodes "+
			"are not in the network %s) and was left alone", args.Name, req.State.Network))
	default:
		if err := noteDeleting(req.State); err != nil {
			return infer.DeleteResponse{}, err
		}
		progressOf(ctx).InfoStatus(fmt.Sprintf("Deleting %d nodes", len(nodes)))
		if err := engine.deleteNodes(ctx, args.Name); err != nil {
			return infer.DeleteResponse{}, err
		}
	}
	if err := removeNetwork(ctx, engine, args); err != nil {
		return infer.DeleteResponse{}, err
	}
	return infer.DeleteResponse{}, removeFilesOf(args)
}

// removeFilesOf removes a cluster's files, unless another cluster has taken the directory over since.
func removeFilesOf(args ClusterArgs) error {
	if args.Directory == "" {
		// An imported cluster that was not made here: nothing was written for it.
		return nil
	}
	found, ok, err := readJournal(args.Directory)
	if err != nil {
		return err
	}
	if ok && found.Name != args.Name {
		return nil
	}
	return removeOurFiles(args.Directory)
}
