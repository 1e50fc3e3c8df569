package aks

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers"
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

// recorder stands for the engine: it keeps what is registered, and makes up what others are made of.
type recorder struct {
	mu         sync.Mutex
	registered []pulumi.MockResourceArgs
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if !strings.HasSuffix(args.Token, ":listManagedClusterUserCredentials") {
		return nil, nil
	}
	return resource.NewPropertyMapFromMap(map[string]any{"kubeconfigs": []any{
		map[string]any{"name": "clusterUser", "value": base64.StdEncoding.EncodeToString([]byte(testKubeconfig))},
	}}), nil
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registered = append(r.registered, args)
	outputs := args.Inputs.Copy()
	for _, name := range []resource.PropertyKey{"name", "principalId", "clientId", "keyUri", "keyUriWithVersion"} {
		if _, given := outputs[name]; !given {
			outputs[name] = resource.NewPropertyValue(string(name) + "-of-" + args.Name)
		}
	}
	if strings.HasSuffix(args.TypeToken, ":ManagedCluster") {
		outputs["oidcIssuerProfile"] = resource.NewPropertyValue(map[string]any{
			"enabled": true, "issuerURL": "https://issuer.example/1/",
		})
	}
	return args.Name + "-id", outputs, nil
}

// of one type, by the last part of its token, sorted by their names.
func (r *recorder) of(kind string) []pulumi.MockResourceArgs {
	var found []pulumi.MockResourceArgs
	for _, args := range r.registered {
		if strings.HasSuffix(args.TypeToken, ":"+kind) {
			found = append(found, args)
		}
	}
	slices.SortFunc(found, func(a, b pulumi.MockResourceArgs) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// cluster are the inputs of the cluster.
func (r *recorder) cluster(tb testing.TB) map[string]any {
	tb.Helper()
	return r.named(tb, "blue-cluster").Inputs.Mappable()
}

// pools are the inputs of all node pools, the system pool first.
func (r *recorder) pools(tb testing.TB) []map[string]any {
	tb.Helper()
	pools := []map[string]any{r.cluster(tb)["agentPoolProfiles"].([]any)[0].(map[string]any)}
	for _, pool := range r.of("AgentPool") {
		pools = append(pools, pool.Inputs.Mappable())
	}
	return pools
}

// named is the one resource of a name.
func (r *recorder) named(tb testing.TB, name string) pulumi.MockResourceArgs {
	tb.Helper()
	for _, args := range r.registered {
		if args.Name == name {
			return args
		}
	}
	tb.Fatalf("no resource %s", name)
	return pulumi.MockResourceArgs{}
}

// at follows keys into a value: at(inputs, "securityProfile", "imageCleaner").
func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// good are arguments that nothing is wrong with.
func good() *ClusterArgs {
	return &ClusterArgs{
		Subscription: testSubscription, Tenant: testTenant, Region: "germanywestcentral", AdminGroup: testGroup,
	}
}

func newCluster(tb testing.TB, args *ClusterArgs, opts ...pulumi.ResourceOption) (*recorder, *providers.Cluster, error) {
	tb.Helper()
	mocks := &recorder{}
	var cluster *providers.Cluster
	err := pulumi.RunErr(func(ctx *pulumi.Context) (err error) {
		cluster, err = NewCluster(ctx, "blue", args, opts...)
		return err
	}, pulumi.WithMocks("project", "stack", mocks))
	return mocks, cluster, err
}

func mustMake(tb testing.TB, change func(*ClusterArgs)) (*recorder, *providers.Cluster) {
	tb.Helper()
	args := good()
	change(args)
	mocks, cluster, err := newCluster(tb, args)
	if err != nil {
		tb.Fatal(err)
	}
	return mocks, cluster
}

func asIs(*ClusterArgs) {}
