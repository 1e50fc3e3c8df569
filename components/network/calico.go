package network

import (
	"fmt"
	"maps"
	"slices"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ComponentToken is the type token of Calico.
const ComponentToken = "rampart:network:Calico"

// Calico is the pod network of one cluster.
type Calico struct {
	pulumi.ResourceState

	// Version of Calico whose wiring this is.
	Version pulumi.StringOutput `pulumi:"version"`

	// Ready holds the resources that are complete when calico-node runs on every node and cluster DNS answers, and that
	// come after all others of Calico's. What starts pods or denies traffic depends on them.
	Ready []pulumi.Resource
}

// NewCalico installs Calico and waits until every node is programmed and the cluster's DNS is available. The Kubernetes
// provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewCalico(
	ctx *pulumi.Context, name string, args *CalicoArgs, opts ...pulumi.ResourceOption,
) (*Calico, error) {
	if args == nil {
		args = &CalicoArgs{}
	}
	settled := args.withDefaults()
	if err := settled.validate(); err != nil {
		return nil, fmt.Errorf("calico %q: %w", name, err)
	}
	definitions, err := readDefinitions(settled.CRDs)
	if err != nil {
		return nil, fmt.Errorf("calico %q: %w", name, err)
	}

	component := &Calico{}
	inputs := pulumi.Map{"podCIDR": pulumi.String(settled.PodCIDR), "version": pulumi.String(Version)}
	if err := ctx.RegisterComponentResourceV2(ComponentToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering calico %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("calico %q: %w", name, err)
	}
	if component.Ready, err = createLayers(ctx, name, settled, definitions, child); err != nil {
		return nil, fmt.Errorf("calico %q: %w", name, err)
	}

	component.Version = pulumi.String(Version).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"version": component.Version}); err != nil {
		return nil, fmt.Errorf("registering the outputs of calico %q: %w", name, err)
	}
	return component, nil
}

// createLayers registers the parts in the order in which they need each other, and returns those that tell readiness.
func createLayers(
	ctx *pulumi.Context, name string, args CalicoArgs, definitions []definition, child pulumi.ResourceOption,
) ([]pulumi.Resource, error) {
	crds, err := createDefinitions(ctx, name, definitions, child)
	if err != nil {
		return nil, err
	}
	rights, err := createAccounts(ctx, name, args, child)
	if err != nil {
		return nil, err
	}
	after := slices.Concat(slices.Collect(maps.Values(crds)), rights)
	node, err := createNode(ctx, name, args, after, child)
	if err != nil {
		return nil, err
	}
	settings, err := createSettings(ctx, name, args.HostEndpoints,
		child, pulumi.DependsOn([]pulumi.Resource{crds["kubecontrollersconfigurations"]}))
	if err != nil {
		return nil, err
	}
	controllers, err := createKubeControllers(ctx, name, args, append(after, settings), child)
	if err != nil {
		return nil, err
	}
	dns, err := awaitDNS(ctx, name, args, child, pulumi.DependsOn([]pulumi.Resource{node}))
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{controllers, dns}, nil
}

// awaitDNS waits until CoreDNS is available, which needs a Ready node and a working pod network. The provider waits for
// a Deployment that it patches; the patch is one annotation on the object, not on its pods, so that nothing restarts.
// Destroying it takes the annotation away and nothing else. It names the version of Kubernetes because an upgrade of that
// replaces the object: the patch is then another one, and is made again.
func awaitDNS(ctx *pulumi.Context, name string, args CalicoArgs, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	mark := "calico-" + Version
	if args.KubernetesVersion != "" {
		mark += "-kubernetes-" + string(args.KubernetesVersion)
	}
	dns, err := appsv1.NewDeploymentPatch(ctx, name+"-dns-ready", &appsv1.DeploymentPatchArgs{
		Metadata: &metav1.ObjectMetaPatchArgs{
			Name:        pulumi.String("coredns"),
			Namespace:   pulumi.String(namespace),
			Annotations: pulumi.StringMap{"rampart.dev/network": pulumi.String(mark)},
		},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("waiting for cluster DNS: %w", err)
	}
	return dns, nil
}
