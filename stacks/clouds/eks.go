//go:build !rampart_only || rampart_eks

package clouds

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/eks"
	"github.com/rampart-iac/rampart/providers/state/aws"
	"github.com/rampart-iac/rampart/stacks"
)

func eksMaker() stacks.Maker {
	return func(ctx *pulumi.Context, config stacks.Config) (*providers.Cluster, error) {
		args := config.EKSCluster()
		return eks.NewCluster(ctx, config.Cluster.Name, &args)
	}
}

func eksState() stacks.StateMaker { return aws.New }
