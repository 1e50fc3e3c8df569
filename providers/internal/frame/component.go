package frame

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers"
)

// Component says which component is registered.
type Component struct {
	// Provider is the cloud, by which messages call the cluster.
	Provider baseline.Provider

	// Token is the component's type, Name the name of the resource, and Cluster that of the cluster.
	Token, Name, Cluster string

	// Faults of the arguments, after their defaults are set.
	Faults baseline.Faults
}

// hardenedCluster is the parent of all that makes the cluster.
type hardenedCluster struct {
	pulumi.ResourceState

	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
}

// Make registers a component, has its parts made as its children, and registers its outputs.
//
// It fails, before anything is registered, with every fault of the arguments at once.
func Make(
	ctx *pulumi.Context, of Component, opts []pulumi.ResourceOption,
	parts func(parent pulumi.ResourceOrInvokeOption) (*providers.Cluster, error),
) (*providers.Cluster, error) {
	if len(of.Faults) > 0 {
		return nil, fmt.Errorf("%s cluster %q: %w", of.Provider, of.Cluster, of.Faults)
	}
	component := &hardenedCluster{}
	if err := ctx.RegisterComponentResource(of.Token, of.Name, component, opts...); err != nil {
		return nil, fmt.Errorf("registering %s cluster %q: %w", of.Provider, of.Cluster, err)
	}
	cluster, err := parts(pulumi.Parent(component))
	if err != nil {
		return nil, fmt.Errorf("%s cluster %q: %w", of.Provider, of.Cluster, err)
	}
	component.Endpoint = cluster.Endpoint
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"endpoint": cluster.Endpoint}); err != nil {
		return nil, fmt.Errorf("registering the outputs of %s cluster %q: %w", of.Provider, of.Cluster, err)
	}
	return cluster, nil
}

// Brings says whether options bring a provider of a cloud, which children then inherit.
func Brings[Provider pulumi.ProviderResource](opts []pulumi.ResourceOption) (bool, error) {
	given, err := pulumi.NewResourceOptions(opts...)
	if err != nil {
		return false, fmt.Errorf("reading the options: %w", err)
	}
	for _, provider := range append(given.Providers, given.Provider) {
		if _, ok := provider.(Provider); ok {
			return true, nil
		}
	}
	return false, nil
}

// requestRate is how many requests a second the engine makes to a cluster at most, and requestBurst how many at once. With the
// plugin's own, 50 and 120, a tenant takes a second among many, in which both ends wait; an API server has limits of its own
// (API Priority and Fairness), and knows better.
const (
	requestRate  = 400
	requestBurst = 800
)

// NewKubernetesProvider makes what talks to a cluster. The identifier is the same for the life of a cluster, and another one
// for the next of the same name.
func NewKubernetesProvider(
	ctx *pulumi.Context, name string, kubeconfig, identifier pulumi.StringInput, opts ...pulumi.ResourceOption,
) (*kubernetes.Provider, error) {
	provider, err := kubernetes.NewProvider(ctx, name+"-kubernetes", &kubernetes.ProviderArgs{
		Kubeconfig: kubeconfig,
		// Without it a kubeconfig that changes in any letter would replace every object in the cluster.
		ClusterIdentifier:     identifier,
		DeleteUnreachable:     pulumi.Bool(true),
		EnableServerSideApply: pulumi.Bool(true),
		// What the stack says of a field holds, whoever has set it since: a label that was changed by hand could not be put
		// back otherwise. Older plugins take it from the environment only, where the command line has it.
		EnablePatchForce:   pulumi.Bool(true),
		KubeClientSettings: kubernetes.KubeClientSettingsArgs{Qps: pulumi.Float64(requestRate), Burst: pulumi.Int(requestBurst)},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("kubernetes provider: %w", err)
	}
	return provider, nil
}
