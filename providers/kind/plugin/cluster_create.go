package plugin

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// cleanupTimeout bounds what is done after a failure or a cancellation: the engine waits for it.
const cleanupTimeout = 3 * time.Minute

// Create makes the cluster. If it fails or is cancelled half-way, everything that it had made is removed again. What cannot be
// removed is recorded, for the next update or destroy to remove; so is a cluster that stands and cannot be talked to.
func (c *Cluster) Create(
	ctx context.Context, req infer.CreateRequest[ClusterArgs],
) (infer.CreateResponse[ClusterState], error) {
	args := req.Inputs
	none := infer.CreateResponse[ClusterState]{}
	engine, err := c.preflight(ctx, args, req.DryRun)
	if err != nil {
		return none, err
	}
	if req.DryRun {
		return infer.CreateResponse[ClusterState]{ID: args.Name, Output: ClusterState{ClusterArgs: args}}, nil
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
	adopted, err := c.recover(ctx, engine, args)
	if err != nil {
		return none, err
	}
	if adopted != nil {
		progressOf(ctx).Info("The cluster stands already, made by a run that was interrupted before it was recorded")
		return infer.CreateResponse[ClusterState]{ID: args.Name, Output: *adopted}, nil
	}
	return c.build(ctx, engine, args)
}

// build makes the cluster from nothing, in a directory that is locked.
func (c *Cluster) build(ctx context.Context, engine client, args ClusterArgs) (infer.CreateResponse[ClusterState], error) {
	started := newJournal(urnOf(ctx), engine.name(), args)
	err := makeCluster(ctx, engine, args, started)
	if err != nil {
		return undo(ctx, engine, args, err)
	}
	// The cluster stands: from here on a cancellation must not lose it.
	ctx = context.WithoutCancel(ctx)
	state, err := finish(ctx, engine, args)
	progressOf(ctx).InfoStatus(fmt.Sprintf("%d nodes are up", len(state.Nodes)))
	resp := infer.CreateResponse[ClusterState]{ID: args.Name, Output: state}
	if err != nil {
		return resp, infer.ResourceInitFailedError{Reasons: []string{err.Error()}}
	}
	return resp, nil
}

// makeCluster takes the steps up to running nodes.
func makeCluster(ctx context.Context, engine client, args ClusterArgs, started journal) error {
	// First of all: whatever happens from here on, the next run knows that the remains are ours.
	if err := ensureDirectory(args.Directory); err != nil {
		return err
	}
	if err := started.write(args.Directory); err != nil {
		return err
	}
	if _, err := syncFiles(filesDirectory(args.Directory), args.ControlPlaneFiles); err != nil {
		return err
	}
	if _, err := syncUnits(args); err != nil {
		return err
	}
	if err := ensureImage(ctx, engine, args); err != nil {
		return err
	}
	if err := ensureNetwork(ctx, engine, args); err != nil {
		return err
	}
	if err := engine.create(ctx, kindLogger{progress: progressOf(ctx)}, createSpec{args: args}); err != nil {
		return err
	}
	return removeKnownToken(ctx, engine, args.Name)
}

// undo removes what a failed or cancelled creation had made, and returns the error to report. If not all of it can be removed,
// the state gets a half-made cluster.
func undo(
	ctx context.Context, engine client, args ClusterArgs, cause error,
) (infer.CreateResponse[ClusterState], error) {
	none := infer.CreateResponse[ClusterState]{}
	cancelled := ctx.Err() != nil
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if cancelled {
		progressOf(ctx).Info("Interrupted: removing what was made of the cluster")
	}
	err := removeCluster(cleanup, engine, args)
	switch {
	case err != nil:
		remains := newState(engine, args)
		err = fmt.Errorf("cluster %s could not be made, and not all that had been made of it could be removed (%w): "+
			"the next up or destroy tries again; it failed because of: %w", args.Name, err, cause)
		return infer.CreateResponse[ClusterState]{ID: args.Name, Output: remains},
			infer.ResourceInitFailedError{Reasons: []string{err.Error()}}
	case cancelled:
		return none, fmt.Errorf("making cluster %s was interrupted, and what had been made of it was removed: %w",
			args.Name, ctx.Err())
	default:
		return none, fmt.Errorf("cluster %s could not be made, and what had been made of it was removed: %w", args.Name, cause)
	}
}

// ensureNetwork makes the cluster's network.
func ensureNetwork(ctx context.Context, engine client, args ClusterArgs) error {
	owner, found, err := engine.networkOwner(ctx, args.network())
	if err != nil {
		return err
	}
	if found && owner != args.Directory {
		return foreignNetworkError(args.network(), owner)
	}
	if found {
		// Left by an interrupted run: one that is made anew cannot be half-made.
		if err := engine.removeNetwork(ctx, args.network()); err != nil {
			return err
		}
	}
	taken, err := args.ranges()
	if err != nil {
		return err
	}
	chosen, err := engine.createNetwork(ctx, args.network(), args.Directory, netip.Prefix{})
	if err != nil {
		return fmt.Errorf("making the cluster's network: %w", err)
	}
	if !overlap(chosen, taken) {
		return nil
	}
	// The engine knows nothing of the cluster's inside, and another range will do as well.
	return moveNetwork(ctx, engine, args, taken)
}

// moveNetwork makes the cluster's network anew, in the first range that meets none of those that are taken and that the engine
// has free.
func moveNetwork(ctx context.Context, engine client, args ClusterArgs, taken []netip.Prefix) error {
	if err := engine.removeNetwork(ctx, args.network()); err != nil {
		return err
	}
	var refused error
	for _, subnet := range nodeRanges() {
		if overlap([]netip.Prefix{subnet}, taken) {
			continue
		}
		_, err := engine.createNetwork(ctx, args.network(), args.Directory, subnet)
		if err == nil || ctx.Err() != nil {
			return err
		}
		refused = err
	}
	return fmt.Errorf("making the cluster's network: podSubnet %s and serviceSubnet %s leave no range for the nodes: choose "+
		"smaller ones, or others (the engine's last word: %w)", args.PodSubnet, args.ServiceSubnet, refused)
}

// nodeRanges are the private ranges that engines take for their networks by themselves.
func nodeRanges() []netip.Prefix {
	var ranges []netip.Prefix
	for second := byte(18); second <= 31; second++ {
		ranges = append(ranges, netip.PrefixFrom(netip.AddrFrom4([4]byte{172, second, 0, 0}), 16))
	}
	for third := range byte(64) {
		ranges = append(ranges, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 89, third, 0}), 24))
	}
	return ranges
}

func overlap(some, others []netip.Prefix) bool {
	return slices.ContainsFunc(some, func(one netip.Prefix) bool { return slices.ContainsFunc(others, one.Overlaps) })
}

// newState is that of a cluster of which nothing is known yet. A list that is nil would be left out of the state, which could
// then not be read again.
func newState(engine client, args ClusterArgs) ClusterState {
	return ClusterState{ClusterArgs: args, EngineUsed: engine.name(), Network: args.network(), Nodes: []Node{}}
}

// finish reads what there is to know of a cluster that stands, and records that it does.
func finish(ctx context.Context, engine client, args ClusterArgs) (ClusterState, error) {
	state := newState(engine, args)
	containers, err := engine.nodes(ctx, args.Name)
	if err != nil {
		return state, err
	}
	for _, container := range containers {
		state.Nodes = append(state.Nodes, container.Node)
	}
	kubeconfig, err := engine.kubeconfig(ctx, args.Name)
	if err != nil {
		return state, fmt.Errorf("reading the kubeconfig of cluster %s: %w", args.Name, err)
	}
	found, err := parseKubeconfig(kubeconfig)
	if err != nil {
		return state, err
	}
	state.Kubeconfig = kubeconfig
	state.Endpoint = found.endpoint
	state.CACertificate = found.caCertificate
	state.ClusterID = clusterID(args.Name, found.caCertificate)
	if err := writeFile(filepath.Join(args.Directory, kubeconfigName), []byte(kubeconfig)); err != nil {
		return state, err
	}
	done := newJournal(urnOf(ctx), engine.name(), args)
	done.Phase, done.ClusterID = phaseComplete, state.ClusterID
	return state, done.write(args.Directory)
}
