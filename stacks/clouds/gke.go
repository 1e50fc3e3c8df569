//go:build !rampart_only || rampart_gke

package clouds

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/gke"
	"github.com/rampart-iac/rampart/providers/state/gcp"
	"github.com/rampart-iac/rampart/stacks"
)

func gkeMaker() stacks.Maker {
	return func(ctx *pulumi.Context, config stacks.Config) (*providers.Cluster, error) {
		args := config.GKECluster()
		return gke.NewCluster(ctx, config.Cluster.Name, &args)
	}
}

func gkeState() stacks.StateMaker { return gcp.New }
