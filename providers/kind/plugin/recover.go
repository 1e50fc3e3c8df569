package plugin

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// settleTime is how long the remains of a killed run must stay away to be called gone: a command of its that was on its
// way when it was killed may still bring a container into the world.
const settleTime = 2 * time.Second

// recover looks at what stands already under the cluster's name, and either adopts it (and returns its state), removes
// it, or refuses to touch it. Only what the journal shows to be of the same resource is adopted or removed.
func (c *Cluster) recover(ctx context.Context, engine client, args ClusterArgs) (*ClusterState, error) {
	found, ok, err := readJournal(args.Directory)
	if err != nil {
		return nil, err
	}
	if !ok {
		nodes, err := engine.nodes(ctx, args.Name)
		if err != nil {
			return nil, err
		}
		if len(nodes) > 0 {
			return nil, foreignClusterError(engine, args, fmt.Sprintf("no journal in %s says that it is ours", args.Directory))
		}
		return nil, nil
	}
	if found.URN != urnOf(ctx) {
		return nil, fmt.Errorf("directory %s belongs to another resource (%s), which has made a cluster %s from it: "+
			"name a folder of the cluster's own, or destroy the other one first", args.Directory, found.URN, found.Name)
	}
	if found.Engine != engine.name() {
		// What the journal speaks of is in another engine than the one that is wanted now.
		if engine, err = c.engines.open(ctx, found.Engine); err != nil {
			return nil, fmt.Errorf("an earlier run has left cluster %s in another engine: %w", found.Name, err)
		}
	}
	remains := found.Inputs
	remains.Directory = args.Directory
	nodes, err := engine.nodes(ctx, found.Name)
	if err != nil {
		return nil, err
	}
	if err := checkOurs(ctx, engine, remains, nodes); err != nil {
		return nil, err
	}
	if found.Phase == phaseComplete && len(nodes) > 0 {
		return adopt(ctx, engine, args, found, nodes)
	}
	progressOf(ctx).Info(fmt.Sprintf("Removing what an interrupted run has left of cluster %s", found.Name))
	if err := removeSettled(ctx, engine, remains); err != nil {
		return nil, err
	}
	return nil, nil
}

// checkOurs fails unless all the nodes are in the cluster's own network and that was made for the cluster's directory.
func checkOurs(ctx context.Context, engine client, args ClusterArgs, nodes []nodeContainer) error {
	if len(nodes) == 0 {
		return nil
	}
	if slices.ContainsFunc(nodes, func(node nodeContainer) bool { return !slices.Contains(node.networks, args.network()) }) {
		return foreignClusterError(engine, args, "not all of its nodes are in the network "+args.network())
	}
	owner, _, err := engine.networkOwner(ctx, args.network())
	if err != nil {
		return err
	}
	if owner != args.Directory {
		return foreignNetworkError(args.network(), owner)
	}
	return nil
}

// adopt takes over a cluster that was made in full by a run that could not record it any more.
func adopt(ctx context.Context, engine client, args ClusterArgs, found journal, nodes []nodeContainer) (*ClusterState, error) {
	if found.Name != args.Name || found.InputsHash != inputsHash(args) {
		return nil, foreignClusterError(engine, found.Inputs, "it was made from other inputs than the present ones")
	}
	if err := startStopped(ctx, engine, nodes); err != nil {
		return nil, err
	}
	kubeconfig, err := engine.kubeconfig(ctx, args.Name)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of cluster %s: %w", args.Name, err)
	}
	access, err := parseKubeconfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	if id := clusterID(args.Name, access.caCertificate); id != found.ClusterID {
		return nil, foreignClusterError(engine, args, fmt.Sprintf("it is %s, but the journal speaks of %s", id, found.ClusterID))
	}
	state, err := finish(ctx, engine, args)
	if err != nil {
		return nil, err
	}
	return &state, nil
}

// removeSettled removes a cluster until nothing of it comes back.
func removeSettled(ctx context.Context, engine client, args ClusterArgs) error {
	for {
		if err := engine.deleteNodes(ctx, args.Name); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settleTime):
		}
		nodes, err := engine.nodes(ctx, args.Name)
		if err != nil {
			return err
		}
		if len(nodes) == 0 {
			break
		}
	}
	return removeNetwork(ctx, engine, args)
}

// removeCluster removes all of a cluster that is ours: nodes, volumes, network, and last the files and the journal.
func removeCluster(ctx context.Context, engine client, args ClusterArgs) error {
	if err := engine.deleteNodes(ctx, args.Name); err != nil {
		return err
	}
	if err := removeNetwork(ctx, engine, args); err != nil {
		return err
	}
	return removeOurFiles(args.Directory)
}

// removeNetwork removes the cluster's network if it was made for the cluster.
func removeNetwork(ctx context.Context, engine client, args ClusterArgs) error {
	owner, found, err := engine.networkOwner(ctx, args.network())
	if err != nil {
		return err
	}
	if !found || owner != args.Directory {
		return nil
	}
	if err := engine.removeNetwork(ctx, args.network()); err != nil {
		return fmt.Errorf("removing the cluster's network: %w", err)
	}
	return nil
}

func foreignClusterError(engine client, args ClusterArgs, why string) error {
	return fmt.Errorf("%s already holds a kind cluster %q, and it cannot be taken over: %s; "+
		"import it (pulumi import rampart:kind:Cluster <name> %[2]s), or delete it (kind delete cluster --name %[2]s), "+
		"or choose another name", engine.name(), args.Name, why)
}

func foreignNetworkError(network, owner string) error {
	if owner == "" {
		owner = "something else than Rampart"
	}
	return fmt.Errorf("the engine already has a network %s, made for %s: remove it, or choose another cluster name", network, owner)
}

// startStopped starts the nodes that do not run, and waits until the API server serves.
func startStopped(ctx context.Context, engine client, nodes []nodeContainer) error {
	var stopped []string
	for _, node := range nodes {
		if node.Status != nodeRunning {
			stopped = append(stopped, node.Name)
		}
	}
	if len(stopped) == 0 {
		return nil
	}
	progressOf(ctx).InfoStatus(fmt.Sprintf("Starting stopped nodes %v", stopped))
	if err := engine.startNodes(ctx, stopped); err != nil {
		return fmt.Errorf("starting nodes: %w", err)
	}
	for _, node := range nodes {
		if node.Role == roleControlPlane {
			return engine.waitReady(ctx, node.Name)
		}
	}
	return nil
}
