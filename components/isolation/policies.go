package isolation

import (
	"fmt"
	"net/netip"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/internal/objects"
)

// The names of the policies that every isolated namespace has.
const (
	DefaultDenyPolicy        = "default-deny"
	AllowDNSPolicy           = "allow-dns"
	AllowSameNamespacePolicy = "allow-same-namespace"
)

// nameLabel is set by the API server on every namespace, and nobody can set it to another value.
const nameLabel = "kubernetes.io/metadata.name"

const dnsPort = 53

// policy is one NetworkPolicy object.
type policy struct {
	name string
	spec *networkingv1.NetworkPolicySpecArgs
}

// createPolicies registers the policies of a namespace: what every one has, then a policy for each rule.
func createPolicies(
	ctx *pulumi.Context, name string, args NamespaceIsolationArgs, opts ...pulumi.ResourceOption,
) ([]pulumi.Resource, error) {
	var created []pulumi.Resource
	policies := standardPolicies()
	for _, rule := range args.Allow {
		if _, ok := rule.(allowAPIServer); ok && args.Surroundings.Enforcer == baseline.PolicyEnforcerCalico {
			made, err := createAPIServerPolicy(ctx, name, args.Namespace, opts...)
			if err != nil {
				return nil, err
			}
			created = append(created, made)
			continue
		}
		policies = append(policies, policy{rule.name(), args.Surroundings.spec(rule)})
	}
	for _, policy := range policies {
		made, err := networkingv1.NewNetworkPolicy(ctx, name+"-"+policy.name, &networkingv1.NetworkPolicyArgs{
			Metadata: &metav1.ObjectMetaArgs{
				Name:      pulumi.String(policy.name),
				Namespace: pulumi.String(args.Namespace),
				Labels:    objects.Labels(),
			},
			Spec: policy.spec,
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("network policy %s: %w", policy.name, err)
		}
		created = append(created, made)
	}
	return created, nil
}

func standardPolicies() []policy {
	return []policy{
		{DefaultDenyPolicy, &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod(),
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		}},
		// The cluster's DNS pods and no other: port 53 to anywhere would be a way out for data. Answers that do not fit a
		// datagram are asked for again over TCP.
		{AllowDNSPolicy, egress([]Port{UDP(dnsPort), TCP(dnsPort)}, &networkingv1.NetworkPolicyPeerArgs{
			NamespaceSelector: labelSelector(nameLabel, systemNamespace),
			PodSelector:       labelSelector(dnsLabel, dnsApp),
		})},
		{AllowSameNamespacePolicy, &networkingv1.NetworkPolicySpecArgs{
			PodSelector: everyPod(),
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
			// A pod selector without a namespace selector means this namespace.
			Ingress: networkingv1.NetworkPolicyIngressRuleArray{&networkingv1.NetworkPolicyIngressRuleArgs{
				From: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{PodSelector: everyPod()}},
			}},
			Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
				To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{PodSelector: everyPod()}},
			}},
		}},
	}
}

// spec turns a checked rule into what any enforcer of NetworkPolicy understands.
func (s Surroundings) spec(rule Rule) *networkingv1.NetworkPolicySpecArgs {
	switch rule := rule.(type) {
	case allowTenant:
		// The namespace by its name, and not by the label that says whose it is: whoever may make a namespace chooses its
		// labels.
		peer := &networkingv1.NetworkPolicyPeerArgs{NamespaceSelector: labelSelector(nameLabel, s.Tenants[rule.tenant])}
		if rule.direction == inbound {
			return ingress(rule.port, peer)
		}
		return egress([]Port{rule.port}, peer)
	case allowEgress:
		ranges := s.NetworkSets[rule.to.NetworkSet]
		if rule.to.NetworkSet == "" {
			ranges = []string{rule.to.CIDR}
		}
		return egress([]Port{rule.port}, s.blocks(ranges)...)
	case allowAPIServer:
		return egress([]Port{TCP(rule.port)}, Surroundings{}.blocks(rule.addresses)...)
	case allowRaw:
		return rule.spec
	default:
		panic(fmt.Sprintf("a rule of type %T", rule)) // Rule has no other types
	}
}

// blocks are the ranges, without what a wide one must leave out.
func (s Surroundings) blocks(ranges []string) []*networkingv1.NetworkPolicyPeerArgs {
	peers := make([]*networkingv1.NetworkPolicyPeerArgs, 0, len(ranges))
	for _, text := range ranges {
		block := &networkingv1.IPBlockArgs{Cidr: pulumi.String(text)}
		if prefix, err := netip.ParsePrefix(text); err == nil && isWide(prefix) {
			block.Except = pulumi.ToStringArray(s.exceptions(prefix))
		}
		peers = append(peers, &networkingv1.NetworkPolicyPeerArgs{IpBlock: block})
	}
	return peers
}

func ingress(from Port, peer *networkingv1.NetworkPolicyPeerArgs) *networkingv1.NetworkPolicySpecArgs {
	return &networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod(),
		PolicyTypes: pulumi.ToStringArray([]string{"Ingress"}),
		Ingress: networkingv1.NetworkPolicyIngressRuleArray{&networkingv1.NetworkPolicyIngressRuleArgs{
			From:  networkingv1.NetworkPolicyPeerArray{peer},
			Ports: policyPorts(from),
		}},
	}
}

func egress(ports []Port, peers ...*networkingv1.NetworkPolicyPeerArgs) *networkingv1.NetworkPolicySpecArgs {
	to := make(networkingv1.NetworkPolicyPeerArray, 0, len(peers))
	for _, peer := range peers {
		to = append(to, peer)
	}
	return &networkingv1.NetworkPolicySpecArgs{
		PodSelector: everyPod(),
		PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
			To: to, Ports: policyPorts(ports...),
		}},
	}
}

func policyPorts(ports ...Port) networkingv1.NetworkPolicyPortArray {
	typed := make(networkingv1.NetworkPolicyPortArray, 0, len(ports))
	for _, port := range ports {
		typed = append(typed, &networkingv1.NetworkPolicyPortArgs{
			Port: pulumi.Int(port.Number), Protocol: pulumi.String(string(port.Protocol)),
		})
	}
	return typed
}

func everyPod() *metav1.LabelSelectorArgs { return &metav1.LabelSelectorArgs{} }

func labelSelector(key, value string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{key: pulumi.String(value)}}
}
