package plugin

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Update changes what can change in a cluster that stands: its control-plane files, after which the API server is
// restarted unless it looks at the changed ones again by itself; and its units, which are restarted. It starts nodes that
// have stopped, and completes a cluster that could not be talked to when it was made.
func (c *Cluster) Update(
	ctx context.Context, req infer.UpdateRequest[ClusterArgs, ClusterState],
) (infer.UpdateResponse[ClusterState], error) {
	args := req.Inputs
	if req.DryRun {
		state := req.State
		state.ClusterArgs = args
		return infer.UpdateResponse[ClusterState]{Output: state}, nil
	}
	none := infer.UpdateResponse[ClusterState]{}
	engine, err := c.engines.open(ctx, engineOf(req.State))
	if err != nil {
		return none, err
	}
	if err := ensureDirectory(args.Directory); err != nil {
		return none, err
	}
	unlock, err := lockDirectory(ctx, args.Directory, func() {
		progressOf(ctx).InfoStatus("Waiting for an earlier run to leave the cluster alone")
	})
	if err != nil {
		return none, err
	}
	defer unlock()
	nodes, err := engine.nodes(ctx, args.Name)
	if err != nil {
		return none, err
	}
	if !complete(plainNodes(nodes), args.workers()) {
		return none, fmt.Errorf("cluster %s has lost nodes: run pulumi refresh, then the next update makes it anew", args.Name)
	}
	changed, err := syncFiles(filesDirectory(args.Directory), args.ControlPlaneFiles)
	if err != nil {
		return none, err
	}
	units, err := syncUnits(args)
	if err != nil {
		return none, err
	}
	if err := startStopped(ctx, engine, nodes); err != nil {
		return none, err
	}
	if err := reloadUnits(ctx, engine, nodes, req.State.ClusterArgs, args, units); err != nil {
		return none, err
	}
	// The files may have been written by an update that was interrupted before it got to the restart.
	hash := filesHash(args.readOnce(args.ControlPlaneFiles))
	restart := slices.ContainsFunc(changed, func(name string) bool { return !slices.Contains(args.ReloadedFiles, name) })
	if restart || hash != filesHash(args.readOnce(req.State.ControlPlaneFiles)) {
		if err := restartAPIServers(ctx, engine, nodes, hash); err != nil {
			return none, err
		}
	}
	state, err := finish(ctx, engine, args)
	if err != nil {
		return infer.UpdateResponse[ClusterState]{Output: state}, infer.ResourceInitFailedError{Reasons: []string{err.Error()}}
	}
	return infer.UpdateResponse[ClusterState]{Output: state}, nil
}

// readOnce returns those of the files that their reader does not look at again.
func (a *ClusterArgs) readOnce(files map[string]string) map[string]string {
	once := maps.Clone(files)
	for _, name := range a.ReloadedFiles {
		delete(once, name)
	}
	return once
}

func restartAPIServers(ctx context.Context, engine client, nodes []nodeContainer, hash string) error {
	for _, node := range nodes {
		if node.Role != roleControlPlane {
			continue
		}
		progressOf(ctx).InfoStatus(fmt.Sprintf("Restarting the API server on %s with its changed files", node.Name))
		if err := engine.restartAPIServer(ctx, node.Name, hash); err != nil {
			return err
		}
	}
	return nil
}

// engineOf returns the engine that holds a cluster.
func engineOf(state ClusterState) string {
	if state.EngineUsed != "" {
		return state.EngineUsed
	}
	return state.engine()
}

func plainNodes(containers []nodeContainer) []Node {
	nodes := make([]Node, 0, len(containers))
	for _, container := range containers {
		nodes = append(nodes, container.Node)
	}
	return nodes
}
