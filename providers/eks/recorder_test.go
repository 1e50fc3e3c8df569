package eks

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/eks/spec"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

const testAccount = "111122223333"

// newEngine makes up what AWS would answer.
func newEngine() *mock.Engine {
	return &mock.Engine{Complete: func(args pulumi.MockResourceArgs, outputs mock.Outputs) {
		outputs.Default("arn", "arn-of-"+args.Name)
		outputs.Default("name", args.Name)
		outputs.Default("keyId", "key-of-"+args.Name)
		switch args.TypeToken {
		case "aws:eks/cluster:Cluster":
			outputs.Default("endpoint", "https://cluster.example")
			outputs.Default("certificateAuthority", map[string]any{"data": base64.StdEncoding.EncodeToString([]byte("pem"))})
			outputs.Default("identities", []any{map[string]any{"oidcs": []any{map[string]any{"issuer": "https://issuer.example/1"}}}})
		case "aws:ec2/launchTemplate:LaunchTemplate":
			outputs.Default("latestVersion", 1)
		}
	}}
}

// statements of a policy in an input.
func statements(tb testing.TB, text any) []statement {
	tb.Helper()
	var parsed document
	if err := json.Unmarshal([]byte(text.(string)), &parsed); err != nil {
		tb.Fatal(err)
	}
	return parsed.Statement
}

// good are arguments that nothing is wrong with.
func good() *ClusterArgs {
	return &ClusterArgs{
		Account: testAccount, Region: "eu-central-1",
		Network:  spec.Network{Zones: []string{"eu-central-1a", "eu-central-1b"}},
		Deployer: "arn:aws:iam::" + testAccount + ":role/deployer",
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
