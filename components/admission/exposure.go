package admission

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ExposurePolicyToken is the type token of the exposure policy's component, ExposurePolicyName the policy's name in the
// cluster.
const (
	ExposurePolicyToken = "rampart:admission:ExposurePolicy"
	ExposurePolicyName  = "exposure.rampart.dev"
)

// ExposurePolicyArgs say which namespaces may open the cluster to the outside, and how. All fields are plain. The zero
// value lets none.
type ExposurePolicyArgs struct {
	// LoadBalancerNamespaces may have services of type LoadBalancer. Default: none.
	LoadBalancerNamespaces []string

	// NodePortNamespaces may have services of type NodePort. Default: none.
	NodePortNamespaces []string

	// ExternalIPNamespaces may have services with external IPs, which take the traffic to any address
	// (CVE-2020-8554). Default: none.
	ExternalIPNamespaces []string

	// WildcardHostNamespaces may have ingresses for every host, or for every host of a domain. Default: none.
	WildcardHostNamespaces []string
}

// Validate reports every fault at once.
func (a ExposurePolicyArgs) Validate() error {
	return errors.Join(
		checkNamespaces("loadBalancerNamespaces", a.LoadBalancerNamespaces),
		checkNamespaces("nodePortNamespaces", a.NodePortNamespaces),
		checkNamespaces("externalIPNamespaces", a.ExternalIPNamespaces),
		checkNamespaces("wildcardHostNamespaces", a.WildcardHostNamespaces),
	)
}

// NewExposurePolicy makes a policy that keeps services and ingresses from opening the cluster further than its owner
// allowed. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewExposurePolicy(
	ctx *pulumi.Context, name string, args *ExposurePolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "exposure policy", ExposurePolicyToken, name, args, opts)
}

func (a ExposurePolicyArgs) definition() definition {
	inputs := pulumi.Map{}
	var given []variable
	for _, each := range []struct {
		name       string
		namespaces []string
	}{
		{"loadBalancerNamespaces", a.LoadBalancerNamespaces},
		{"nodePortNamespaces", a.NodePortNamespaces},
		{"externalIPNamespaces", a.ExternalIPNamespaces},
		{"wildcardHostNamespaces", a.WildcardHostNamespaces},
	} {
		inputs[each.name] = pulumi.ToStringArray(sorted(each.namespaces))
		given = append(given, variable{each.name, celList(sorted(each.namespaces))})
	}
	return definition{
		name:   ExposurePolicyName,
		inputs: inputs,
		held: []requests{
			{"", []string{"services"}, writes},
			{"networking.k8s.io", []string{"ingresses"}, writes},
		},
		variables: slices.Concat(given, steps("exposure/spec", "exposure/old-spec", "exposure/external-addresses",
			"exposure/published", "exposure/hosts", "exposure/old-hosts", "exposure/wildcard-hosts")),
		rules: []rule{
			{"externalAddresses", "service that claims an external IP",
				"rule: none in this namespace; leave externalIPs out, or ask the cluster's owner"},
			{"published", "service of a type that opens the cluster to the outside",
				"rule: ClusterIP in this namespace; put an ingress in front of it, or ask the cluster's owner"},
			{"wildcardHosts", "ingress for more than one host",
				"rule: each host by its name, and no default backend, in this namespace; name the hosts, or ask the cluster's owner"},
		},
	}
}
