package gke

import (
	"encoding/base64"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// Tokens of the types that are looked at most.
const (
	clusterToken = "gcp:container/cluster:Cluster"
	poolToken    = "gcp:container/nodePool:NodePool"
)

// newEngine makes up what Google Cloud would answer.
func newEngine() *mock.Engine {
	return &mock.Engine{Complete: func(args pulumi.MockResourceArgs, outputs mock.Outputs) {
		outputs.Default("name", args.Name)
		outputs.Default("email", args.Name+"@acme-prod.iam.gserviceaccount.com")
		if args.TypeToken == clusterToken {
			outputs.Default("endpoint", "172.16.0.2")
			outputs.Set("masterAuth", map[string]any{
				"clusterCaCertificate": base64.StdEncoding.EncodeToString([]byte("pem")),
			})
		}
	}}
}

// good are arguments that nothing is wrong with.
func good() *ClusterArgs {
	return &ClusterArgs{
		Project: "acme-prod", ProjectNumber: "111122223333", Region: "europe-west3",
		Zones:    []string{"europe-west3-a", "europe-west3-b"},
		Deployer: "serviceAccount:deployer@acme-prod.iam.gserviceaccount.com",
	}
}

// making makes clusters by way of an engine that is none.
var making = mock.Maker[ClusterArgs]{Engine: newEngine, Good: good, New: NewCluster}

func newCluster(args *ClusterArgs) (*mock.Engine, *providers.Cluster, error) {
	return making.Make(args)
}

func mustMake(tb testing.TB, change func(*ClusterArgs)) (*mock.Engine, *providers.Cluster) {
	tb.Helper()
	return making.Must(tb, change)
}

func asIs(*ClusterArgs) {}
