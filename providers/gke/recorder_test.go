package gke

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

// recorder stands for the engine: it keeps what is registered, and makes up what others are made of.
type recorder struct {
	mu         sync.Mutex
	registered []pulumi.MockResourceArgs
}

func (r *recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registered = append(r.registered, args)
	outputs := args.Inputs.Copy()
	set := func(name resource.PropertyKey, value any) {
		if _, given := outputs[name]; !given {
			outputs[name] = resource.NewPropertyValue(value)
		}
	}
	set("name", args.Name)
	set("email", args.Name+"@acme-prod.iam.gserviceaccount.com")
	if args.TypeToken == clusterToken {
		set("endpoint", "172.16.0.2")
		outputs["masterAuth"] = resource.NewPropertyValue(map[string]any{
			"clusterCaCertificate": base64.StdEncoding.EncodeToString([]byte("pem")),
		})
	}
	return args.Name + "-id", outputs, nil
}

// Tokens of the types that are looked at most.
const (
	clusterToken = "gcp:container/cluster:Cluster"
	poolToken    = "gcp:container/nodePool:NodePool"
)

// of one type, sorted by their names.
func (r *recorder) of(token string) []pulumi.MockResourceArgs {
	var found []pulumi.MockResourceArgs
	for _, args := range r.registered {
		if args.TypeToken == token {
			found = append(found, args)
		}
	}
	slices.SortFunc(found, func(a, b pulumi.MockResourceArgs) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// only is the one resource of a type.
func (r *recorder) only(tb testing.TB, token string) map[string]any {
	tb.Helper()
	found := r.of(token)
	if len(found) != 1 {
		tb.Fatalf("%d resources of type %s, want 1", len(found), token)
	}
	return found[0].Inputs.Mappable()
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

// at follows keys into a value: at(inputs, "privateClusterConfig", "enablePrivateNodes").
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
		Project: "acme-prod", ProjectNumber: "111122223333", Region: "europe-west3",
		Zones:    []string{"europe-west3-a", "europe-west3-b"},
		Deployer: "serviceAccount:deployer@acme-prod.iam.gserviceaccount.com",
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
