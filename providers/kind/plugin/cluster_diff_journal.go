package plugin

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
)

// diffJournal adds what runs that were cut off have left, of which the state knows nothing.
func (c *Cluster) diffJournal(
	ctx context.Context, diff map[string]p.PropertyDiff, state ClusterState, inputs ClusterArgs,
) error {
	found, journaled, err := readJournal(state.Directory)
	if err != nil {
		return err
	}
	if err := halfUpgraded(state.ClusterArgs, inputs, found); err != nil {
		return err
	}
	if _, known := diff["nodes"]; !known && found.isLeaving(inputs) {
		diff["nodes"] = p.PropertyDiff{Kind: p.Update}
	}
	deleted, err := c.halfDeleted(ctx, state, found, journaled)
	if err != nil || !deleted {
		return err
	}
	if !inputs.allowReplacement() {
		return fmt.Errorf("cluster %s was being deleted by a run that was cut off, and part of it is gone: run the same destroy "+
			"again, it goes on from there, and then up", state.Name)
	}
	diff["nodes"] = p.PropertyDiff{Kind: p.UpdateReplace}
	return nil
}

// halfUpgraded refuses to take an upgrade back that was cut off: the state still has the version of before, and the cluster has
// not.
func halfUpgraded(old, inputs ClusterArgs, found journal) error {
	if old.KubernetesVersion != inputs.KubernetesVersion || found.Upgrading == "" || found.Upgrading == old.KubernetesVersion {
		return nil
	}
	return fmt.Errorf("kubernetesVersion %s: an upgrade of cluster %s to %s was cut off, and part of it is at that version: "+
		"write %s again and run up, it goes on from there; back leads only a snapshot from before, into a cluster made anew",
		inputs.KubernetesVersion, old.Name, found.Upgrading, found.Upgrading)
}

// halfDeleted says whether a run has begun to delete the cluster and was cut off, so that the state still has it, and may have
// all that was in it. The journal goes last; without one the engine is asked.
func (c *Cluster) halfDeleted(ctx context.Context, state ClusterState, found journal, journaled bool) (bool, error) {
	switch {
	case state.ClusterID == "" || state.Directory == "":
		return false, nil
	case journaled:
		return found.Phase == phaseDeleting && found.ClusterID == state.ClusterID, nil
	}
	engine, err := c.engines.open(ctx, engineOf(state))
	if err != nil {
		return false, fmt.Errorf("comparing cluster %s, whose journal is gone: %w", state.Name, err)
	}
	nodes, err := engine.nodes(ctx, state.Name)
	return len(nodes) == 0, err
}
