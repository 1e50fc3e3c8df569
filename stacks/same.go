package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

// CurrentCluster is the name of the resource in which a stack's state keeps which cluster it has. It is the same for every
// cluster, and so outlives a change of the cluster's name.
const CurrentCluster = "current-cluster"

// CurrentClusterURN is its identifier in a stack.
func CurrentClusterURN(stack string) string {
	return fmt.Sprintf("urn:pulumi:%s::%s::pulumi:index:Stash::%s", stack, Project, CurrentCluster)
}

// sameCluster refuses a change that would have the engine make another cluster and then delete the one that the stack has: names
// of resources begin with the cluster's, so that another name, or another provider, is another cluster to it
// (docs/decisions/0007-no-silent-replacement.md). It asks the state, so that it holds wherever and by whomever the program is
// run, and it waits for the answer, so that nothing has been registered before it.
func (r run) sameCluster(ctx *pulumi.Context) error {
	this := r.config.Provider + " " + r.config.Cluster.Name
	kept, err := pulumi.NewStash(ctx, CurrentCluster, &pulumi.StashArgs{Input: pulumi.String(this)})
	if err != nil {
		return fmt.Errorf("asking the state which cluster the stack has: %w", err)
	}
	answer, err := internals.UnsafeAwaitOutput(ctx.Context(), kept.Output)
	if err != nil {
		return fmt.Errorf("asking the state which cluster the stack has: %w", err)
	}
	// Nothing is known where there is no state yet, or no engine.
	before, known := answer.Value.(string)
	if !known || before == this {
		return nil
	}
	return fmt.Errorf("the configuration of this stack:\n%s:cluster.name %q of %s:provider %s makes another cluster and deletes "+
		"%q, which this stack has, with all that is in it: put it back, or run \"make destroy\" before the change",
		Project, r.config.Cluster.Name, Project, r.config.Provider, before)
}
