package aks

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// Identifiers of a test's subscription, directory and group.
const (
	testSubscription = "11111111-2222-3333-4444-555555555555"
	testTenant       = "66666666-7777-8888-9999-000000000000"
	testGroup        = "aaaaaaaa-0000-1111-2222-333333333333"
)

// testKubeconfig is what AKS hands out.
const testKubeconfig = `
apiVersion: v1
kind: Config
clusters:
- name: blue
  cluster: {server: "https://cluster.example:443", certificate-authority-data: cGVt}
users:
- name: somebody
  user: {token: theirs}
`

// newEngine makes up what Azure would answer.
func newEngine() *mock.Engine {
	return &mock.Engine{
		Complete: func(args pulumi.MockResourceArgs, outputs mock.Outputs) {
			for _, name := range []string{"name", "principalId", "clientId", "keyUri", "keyUriWithVersion"} {
				outputs.Default(name, name+"-of-"+args.Name)
			}
			if strings.HasSuffix(args.TypeToken, ":ManagedCluster") {
				outputs.Set("oidcIssuerProfile", map[string]any{"enabled": true, "issuerURL": "https://issuer.example/1/"})
			}
		},
		Answer: func(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
			if !strings.HasSuffix(args.Token, ":listManagedClusterUserCredentials") {
				return nil, nil
			}
			return resource.NewPropertyMapFromMap(map[string]any{"kubeconfigs": []any{
				map[string]any{"name": "clusterUser", "value": base64.StdEncoding.EncodeToString([]byte(testKubeconfig))},
			}}), nil
		},
	}
}

// clusterOf are the inputs of the cluster.
func clusterOf(tb testing.TB, made *mock.Engine) map[string]any {
	tb.Helper()
	return made.Named(tb, "blue-cluster").Inputs.Mappable()
}

// poolsOf are the inputs of all node pools, the system pool first.
func poolsOf(tb testing.TB, made *mock.Engine) []map[string]any {
	tb.Helper()
	pools := []map[string]any{clusterOf(tb, made)["agentPoolProfiles"].([]any)[0].(map[string]any)}
	for _, pool := range made.Of("AgentPool") {
		pools = append(pools, pool.Inputs.Mappable())
	}
	return pools
}

// good are arguments that nothing is wrong with.
func good() *ClusterArgs {
	return &ClusterArgs{
		Subscription: testSubscription, Tenant: testTenant, Region: "germanywestcentral", AdminGroup: testGroup,
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
