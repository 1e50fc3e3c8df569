package admission

import (
	"errors"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PodAccessPolicyToken is the type token of the pod access policy's component, PodAccessPolicyName the policy's name in
// the cluster.
const (
	PodAccessPolicyToken = "rampart:admission:PodAccessPolicy"
	PodAccessPolicyName  = "pod-access.rampart.dev"
)

// ProtectedLabel is the label that makes a namespace protected, with the value "true".
const ProtectedLabel = "rampart.dev/protected"

// PodAccessPolicyArgs say whose running pods nobody steps into. All fields are plain.
type PodAccessPolicyArgs struct {
	// Namespaces that are protected beside kube-system and those with ProtectedLabel. Default: none.
	Namespaces []string

	// Trusted may step into protected pods. Default: Administrators.
	Trusted Principals
}

// Validate reports every fault at once.
func (a PodAccessPolicyArgs) Validate() error {
	return errors.Join(checkNamespaces("namespaces", a.Namespaces), a.Trusted.validate("trusted"))
}

func (a PodAccessPolicyArgs) withDefaults() PodAccessPolicyArgs {
	if a.Trusted.empty() {
		a.Trusted = Administrators()
	}
	a.Namespaces = sorted(append([]string{systemNamespace}, a.Namespaces...))
	return a
}

// NewPodAccessPolicy makes a policy that lets nobody but the trusted into running pods of protected namespaces: no exec,
// attach, port-forward, proxy or ephemeral container; nor through a node's kubelet. What a role grants to others ends
// there. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewPodAccessPolicy(
	ctx *pulumi.Context, name string, args *PodAccessPolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "pod access policy", PodAccessPolicyToken, name, args, opts)
}

func (a PodAccessPolicyArgs) definition() definition {
	a = a.withDefaults()
	given := []variable{
		{"protectedNamespaces", celList(a.Namespaces)},
		{"protectedLabel", strconv.Quote(ProtectedLabel)},
	}
	return definition{
		name:   PodAccessPolicyName,
		inputs: pulumi.Map{"namespaces": pulumi.ToStringArray(a.Namespaces), "trusted": a.Trusted.inputs()},
		held: []requests{
			{"", []string{"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy"},
				[]string{"CONNECT"}},
			{"", []string{"pods/ephemeralcontainers"}, []string{"UPDATE"}},
		},
		trusted:   a.Trusted.with(),
		variables: slices.Concat(given, steps("podaccess/shut")),
		rules: []rule{{"shut", "way into what is protected",
			"read its logs instead, or ask the cluster's owner"}},
	}
}
