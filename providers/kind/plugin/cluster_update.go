package plugin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Update changes what can change in a cluster that stands: its Kubernetes version and its workers; its control-plane files,
// after which the API server is restarted unless it looks at the changed ones again by itself; and its units, which are
// restarted. It starts nodes that have stopped, makes workers that are lost anew, and completes a cluster that could not be
// talked to when it was made.
func (c *Cluster) Update(
	ctx context.Context, req infer.UpdateRequest[ClusterArgs, ClusterState],
) (infer.UpdateResponse[ClusterState], error) {
	args := req.Inputs
	if req.DryRun {
		state := req.State
		state.ClusterArgs = args
		return infer.UpdateResponse[ClusterState]{Output: state}, c.upgradeImageFault(ctx, req.State, args)
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
	if countRoles(plainNodes(nodes))[roleControlPlane] != 1 {
		return none, fmt.Errorf("cluster %s has lost its control plane: run pulumi refresh, then the next update makes it anew",
			args.Name)
	}
	if err := changeCluster(ctx, engine, req.State.ClusterArgs, args, nodes); err != nil {
		return none, err
	}
	state, err := finish(ctx, engine, args)
	if err != nil {
		return infer.UpdateResponse[ClusterState]{Output: state}, infer.ResourceInitFailedError{Reasons: []string{err.Error()}}
	}
	return infer.UpdateResponse[ClusterState]{Output: state}, nil
}

// changeCluster brings nodes that stand to what the inputs say.
func changeCluster(ctx context.Context, engine client, state, args ClusterArgs, nodes []nodeContainer) error {
	var changed []string
	if state.KubernetesVersion == args.KubernetesVersion {
		// Before a node that has stopped is started. An upgrade gives the files out when there is somebody to read them.
		var err error
		if changed, err = syncFiles(filesDirectory(args.Directory), args.ControlPlaneFiles); err != nil {
			return err
		}
	}
	units, err := syncUnits(args)
	if err != nil {
		return err
	}
	if err := startStopped(ctx, engine, nodes); err != nil {
		return err
	}
	if err := reloadUnits(ctx, engine, nodes, state, args, units); err != nil {
		return err
	}
	if err := applyChanges(ctx, engine, state, args, nodes, changed); err != nil {
		return err
	}
	return scale(ctx, engine, args, nodes)
}

// applyChanges has the API server read its changed files, or makes it another one, if the version is another.
func applyChanges(
	ctx context.Context, engine client, state, args ClusterArgs, nodes []nodeContainer, changed []string,
) error {
	hash := filesHash(args.readOnce(args.ControlPlaneFiles))
	// The files may have been written by an update that was interrupted before it got to the restart.
	restart := hash != filesHash(args.readOnce(state.ControlPlaneFiles))
	if state.KubernetesVersion != args.KubernetesVersion {
		upgrade, err := newUpgrade(engine, state, args, nodes)
		if err != nil {
			return err
		}
		if err := upgrade.run(ctx); err != nil {
			return err
		}
		if upgrade.applied {
			return nil
		}
		// A run that was interrupted after the new API server had started gave it the files that it had then.
		restart, changed = false, upgrade.changed
	}
	if restart || slices.ContainsFunc(changed, func(name string) bool { return !slices.Contains(args.ReloadedFiles, name) }) {
		return restartAPIServers(ctx, engine, nodes, hash)
	}
	return nil
}

// upgradeImageFault says in a preview of an upgrade that its image cannot be had.
func (c *Cluster) upgradeImageFault(ctx context.Context, state ClusterState, args ClusterArgs) error {
	if state.KubernetesVersion == args.KubernetesVersion {
		return nil
	}
	engine, err := c.engines.open(ctx, engineOf(state))
	if err != nil {
		return err
	}
	faults, err := imageFault(ctx, engine, args)
	if err != nil || len(faults) == 0 {
		return err
	}
	return fmt.Errorf("cluster %s cannot be upgraded: %s", args.Name, strings.Join(faults, "; "))
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
