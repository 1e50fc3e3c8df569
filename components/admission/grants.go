package admission

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// GrantPolicyToken is the type token of the grant policy's component, GrantPolicyName the policy's name in the cluster.
const (
	GrantPolicyToken = "rampart:admission:GrantPolicy"
	GrantPolicyName  = "grants.rampart.dev"
)

// GrantPolicyArgs say who may hand out rights that lead to all others. All fields are plain.
type GrantPolicyArgs struct {
	// Trusted are not held. Default: Administrators.
	Trusted Principals
}

// Validate reports every fault at once.
func (a GrantPolicyArgs) Validate() error { return a.Trusted.validate("trusted") }

func (a GrantPolicyArgs) withDefaults() GrantPolicyArgs {
	if a.Trusted.empty() {
		a.Trusted = Administrators()
	}
	return a
}

// NewGrantPolicy makes a policy that refuses roles with wildcards, with a step up to other rights or other identities,
// with reads of every Secret, or filled by aggregation, and bindings to cluster-admin or to everybody (CIS 5.1, OWASP
// K02). RBAC itself lets nobody grant what they do not have; this keeps whoever has it from passing it on. The control
// plane's own roles are made by the API server, which is not held. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewGrantPolicy(
	ctx *pulumi.Context, name string, args *GrantPolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "grant policy", GrantPolicyToken, name, args, opts)
}

func (a GrantPolicyArgs) definition() definition {
	a = a.withDefaults()
	const mend = "grant what is needed by its name, or ask the cluster's owner"
	return definition{
		name:   GrantPolicyName,
		inputs: pulumi.Map{"trusted": a.Trusted.inputs()},
		held: []requests{{"rbac.authorization.k8s.io",
			[]string{"roles", "clusterroles", "rolebindings", "clusterrolebindings"}, writes}},
		trusted: a.Trusted.with(apiServer, aggregationAccount),
		variables: slices.Concat(steps("grants/rules", "grants/subjects", "grants/wildcards", "grants/step-ups",
			"grants/secret-reads", "grants/aggregates", "grants/administrators", "grants/crowds")),
		rules: []rule{
			{"wildcards", "rule with a wildcard", mend},
			{"stepUps", "rule that leads to rights of others", mend},
			{"secretReads", "rule of a cluster role that reads every secret", "use a Role in one namespace, or resourceNames"},
			{"aggregates", "cluster role that is filled with the rules of others", "write its rules out"},
			{"administrators", "binding to cluster-admin", "bind to a role with the rights that are needed"},
			{"crowds", "binding to everybody, or to a group above all rules", "name users, groups and service accounts"},
		},
	}
}
