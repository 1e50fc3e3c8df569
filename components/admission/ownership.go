package admission

import (
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// OwnershipPolicyToken is the type token of the ownership policy's component, OwnershipPolicyName the policy's name in
// the cluster.
const (
	OwnershipPolicyToken = "rampart:admission:OwnershipPolicy"
	OwnershipPolicyName  = "ownership.rampart.dev"
)

// OwnershipPolicyArgs say who changes the objects that Rampart makes. All fields are plain.
type OwnershipPolicyArgs struct {
	// Deployers run the program that makes the objects; nobody else changes or deletes them. Default: Administrators.
	Deployers Principals
}

// Validate reports every fault at once.
func (a OwnershipPolicyArgs) Validate() error { return a.Deployers.validate("deployers") }

func (a OwnershipPolicyArgs) withDefaults() OwnershipPolicyArgs {
	if a.Deployers.empty() {
		a.Deployers = Administrators()
	}
	return a
}

// NewOwnershipPolicy makes a policy that protects the objects that Rampart makes, which it knows by their label
// app.kubernetes.io/managed-by, and the labels of namespaces that decide what they are held to: those of rampart.dev,
// and a Pod Security level below restricted. The control plane's controllers still clean up after what was deleted. The
// Kubernetes provider comes from opts.
//
// Kubernetes asks no policy of the API about policies and their bindings themselves. Where the control plane is ours, a file
// on its disk protects them (providers/kind/hardening); elsewhere nobody must have the right to change them, which the grant
// policy keeps so.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewOwnershipPolicy(
	ctx *pulumi.Context, name string, args *OwnershipPolicyArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	return newPolicy(ctx, "ownership policy", OwnershipPolicyToken, name, args, opts)
}

func (a OwnershipPolicyArgs) definition() definition {
	a = a.withDefaults()
	given := []variable{
		{"ownerLabel", strconv.Quote(objects.ManagedByLabel)},
		{"owner", strconv.Quote(objects.ManagedBy)},
	}
	return definition{
		name:   OwnershipPolicyName,
		inputs: pulumi.Map{"deployers": a.Deployers.inputs()},
		// What a tenant makes in its namespace can have any label but in these: pods and replica sets of ours have the
		// labels of their templates, and come and go by themselves.
		held: []requests{
			{"", []string{"namespaces", "serviceaccounts", "resourcequotas", "limitranges"}, everything},
			{"apps", []string{"daemonsets", "deployments"}, everything},
			{"apiextensions.k8s.io", []string{"customresourcedefinitions"}, everything},
			{"networking.k8s.io", []string{"networkpolicies"}, everything},
			{"crd.projectcalico.org", []string{"globalnetworkpolicies", "networkpolicies"}, everything},
			{"policy", []string{"poddisruptionbudgets"}, everything},
			{"rbac.authorization.k8s.io", []string{"roles", "clusterroles", "rolebindings", "clusterrolebindings"}, everything},
		},
		trusted: a.Deployers.with(systemWriterAccounts...),
		variables: slices.Concat(given, steps(
			"ownership/labels", "ownership/old-labels", "ownership/owned", "ownership/reserved")),
		rules: []rule{
			{"owned", "object of the cluster's own program",
				"ask the cluster's owner for the change; for an object of your own, leave the label " +
					objects.ManagedByLabel + "=" + objects.ManagedBy + " out"},
			{"reserved", "label of a namespace that is the cluster owner's to set", "leave it out, or ask the cluster's owner"},
		},
	}
}
