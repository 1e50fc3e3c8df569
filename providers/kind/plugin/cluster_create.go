package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// cleanupTimeout bounds what is done after a failure or a cancellation: the engine waits for it.
const cleanupTimeout = 3 * time.Minute

// Create makes the cluster. If it fails or is cancelled half-way, everything that it had made is removed again. If it
// succeeds but the cluster cannot be talked to, the cluster is recorded all the same, so that it is not lost.
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
		return infer.CreateResponse[ClusterState]{}, undo(ctx, engine, args, err)
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

// undo removes what a failed or cancelled creation had made, and returns the error to report.
func undo(ctx context.Context, engine client, args ClusterArgs, cause error) error {
	cancelled := ctx.Err() != nil
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if cancelled {
		progressOf(ctx).Info("Interrupted: removing what was made of the cluster")
	}
	err := removeCluster(cleanup, engine, args)
	switch {
	case err != nil:
		// The journal still says what is to be done, and the next run does it.
		return fmt.Errorf("cluster %s could not be made, and not all that had been made of it could be removed (%w): "+
			"the next run tries again; it failed because of: %w", args.Name, err, cause)
	case cancelled:
		return fmt.Errorf("making cluster %s was interrupted, and what had been made of it was removed: %w", args.Name, ctx.Err())
	default:
		return fmt.Errorf("cluster %s could not be made, and what had been made of it was removed: %w", args.Name, cause)
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
	ranges, err := engine.createNetwork(ctx, args.network(), args.Directory)
	if err != nil {
		return fmt.Errorf("making the cluster's network: %w", err)
	}
	pods, err := netip.ParsePrefix(args.PodSubnet)
	if err != nil {
		return fmt.Errorf("podSubnet: %w", err)
	}
	services, err := netip.ParsePrefix(args.ServiceSubnet)
	if err != nil {
		return fmt.Errorf("serviceSubnet: %w", err)
	}
	var faults []error
	for _, nodes := range ranges {
		if nodes.Overlaps(pods) {
			faults = append(faults, fmt.Errorf("podSubnet %s overlaps %s, which the engine chose for the nodes: choose another range",
				pods, nodes))
		}
		if nodes.Overlaps(services) {
			faults = append(faults, fmt.Errorf(
				"serviceSubnet %s overlaps %s, which the engine chose for the nodes: choose another range", services, nodes))
		}
	}
	return errors.Join(faults...)
}

// finish reads what there is to know of a cluster that stands, and records that it does.
func finish(ctx context.Context, engine client, args ClusterArgs) (ClusterState, error) {
	state := ClusterState{ClusterArgs: args, EngineUsed: engine.name(), Network: args.network()}
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
