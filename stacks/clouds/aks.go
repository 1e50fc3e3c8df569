//go:build !rampart_only || rampart_aks

package clouds

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/aks"
	"github.com/rampart-iac/rampart/providers/state/azure"
	"github.com/rampart-iac/rampart/stacks"
)

func aksMaker() stacks.Maker {
	return func(ctx *pulumi.Context, config stacks.Config) (*providers.Cluster, error) {
		args := config.AKSCluster()
		return aks.NewCluster(ctx, config.Cluster.Name, &args)
	}
}

func aksState() stacks.StateMaker { return azure.New }
