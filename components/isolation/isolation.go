package isolation

import (
	"fmt"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ComponentToken is the type token of NamespaceIsolation.
const ComponentToken = "rampart:isolation:NamespaceIsolation"

// The names of the policies in the namespace.
const (
	DefaultDenyPolicy        = "default-deny"
	AllowDNSPolicy           = "allow-dns"
	AllowSameNamespacePolicy = "allow-same-namespace"
)

const dnsPort = 53

// NamespaceIsolationArgs say what to isolate.
type NamespaceIsolationArgs struct {
	// Namespace to isolate. It must exist, or be made by a resource that the options depend on. Required.
	Namespace string
}

func (a NamespaceIsolationArgs) validate() error {
	return objects.CheckNamespace("namespace", a.Namespace)
}

// NamespaceIsolation is the isolation of one namespace.
type NamespaceIsolation struct {
	pulumi.ResourceState

	// Namespace that is isolated.
	Namespace pulumi.StringOutput `pulumi:"namespace"`
}

// NewNamespaceIsolation isolates a namespace. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewNamespaceIsolation(
	ctx *pulumi.Context, name string, args *NamespaceIsolationArgs, opts ...pulumi.ResourceOption,
) (*NamespaceIsolation, error) {
	if args == nil {
		args = &NamespaceIsolationArgs{}
	}
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("namespace isolation %q: %w", name, err)
	}

	component := &NamespaceIsolation{}
	inputs := pulumi.Map{"namespace": pulumi.String(args.Namespace)}
	if err := ctx.RegisterComponentResourceV2(ComponentToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering namespace isolation %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("namespace isolation %q: %w", name, err)
	}
	for _, policy := range policies() {
		if _, err := networkingv1.NewNetworkPolicy(ctx, name+"-"+policy.name, &networkingv1.NetworkPolicyArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name:      pulumi.String(policy.name),
				Namespace: pulumi.String(args.Namespace),
				Labels:    objects.Labels(),
			},
			Spec: policy.spec,
		}, child); err != nil {
			return nil, fmt.Errorf("namespace isolation %q: network policy %s: %w", name, policy.name, err)
		}
	}

	component.Namespace = pulumi.String(args.Namespace).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"namespace": component.Namespace}); err != nil {
		return nil, fmt.Errorf("registering the outputs of namespace isolation %q: %w", name, err)
	}
	return component, nil
}

type policy struct {
	name string
	spec *networkingv1.NetworkPolicySpecArgs
}

func policies() []policy {
	everyPod := &metav1.LabelSelectorArgs{}
	return []policy{
		{DefaultDenyPolicy, &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod,
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		}},
		{AllowDNSPolicy, &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod,
			PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
				// The cluster's DNS pods and no other: port 53 to anywhere would be a way out for data.
				To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
					NamespaceSelector: labelSelector("kubernetes.io/metadata.name", "kube-system"),
					PodSelector:       labelSelector("k8s-app", "kube-dns"),
				}},
				// Answers that do not fit a datagram are asked for again over TCP.
				Ports: networkingv1.NetworkPolicyPortArray{port("UDP"), port("TCP")},
			}},
		}},
		{AllowSameNamespacePolicy, &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod,
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
			// A pod selector without a namespace selector means this namespace.
			Ingress: networkingv1.NetworkPolicyIngressRuleArray{&networkingv1.NetworkPolicyIngressRuleArgs{
				From: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{PodSelector: everyPod}},
			}},
			Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
				To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{PodSelector: everyPod}},
			}},
		}},
	}
}

func labelSelector(key, value string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{key: pulumi.String(value)}}
}

func port(protocol string) *networkingv1.NetworkPolicyPortArgs {
	return &networkingv1.NetworkPolicyPortArgs{Port: pulumi.Int(dnsPort), Protocol: pulumi.String(protocol)}
}
