package isolation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ClusterComponentToken is the type token of ClusterIsolation.
const ClusterComponentToken = "rampart:isolation:ClusterIsolation"

// ClusterIsolationArgs say what the cluster-wide tier holds and what it leaves alone.
type ClusterIsolationArgs struct {
	// ExemptNamespaces are not held at all: what runs the cluster itself. kube-system must be among them. Required.
	ExemptNamespaces []string

	// Tenants get a border that no policy in their namespaces opens. Default: none; the default deny holds without.
	Tenants []TenantRules

	// Surroundings are what the rules are checked against. Their Enforcer must be Calico.
	Surroundings Surroundings
}

// TenantRules are the rules of one tenant, as its NamespaceIsolation has them.
type TenantRules struct {
	// Namespace of the tenant. Required.
	Namespace string

	// Allow is what the tenant declares. Of these, AllowFrom, AllowTo and AllowAPIServer concern the border.
	Allow []Rule
}

// Validate reports every fault at once.
func (a ClusterIsolationArgs) Validate() error {
	var errs []error
	for _, fault := range a.Faults() {
		errs = append(errs, fault)
	}
	errs = append(errs, a.Surroundings.faults()...)
	return errors.Join(append(errs, a.tenantFaults()...)...)
}

// Faults returns what is wrong with the cluster's part of the arguments: all but the tenants' rules and the surroundings,
// which CheckRules, CheckNetworkSet and CheckCIDR are for.
func (a ClusterIsolationArgs) Faults() []Fault {
	var faults []Fault
	if a.Surroundings.Enforcer != baseline.PolicyEnforcerCalico {
		faults = append(faults, Fault{"enforcer", string(a.Surroundings.Enforcer), fmt.Sprintf("cannot hold policies of the whole "+
			"cluster: this component needs %q; NamespaceIsolation does with any enforcer", baseline.PolicyEnforcerCalico)})
	}
	return append(faults, a.exemptFaults()...)
}

func (a ClusterIsolationArgs) exemptFaults() []Fault {
	var faults []Fault
	if !slices.Contains(a.ExemptNamespaces, systemNamespace) {
		faults = append(faults, Fault{"exemptNamespaces", a.ExemptNamespaces, "lacks " + systemNamespace + ": default deny would " +
			"cut off the cluster's own DNS, network and control plane: add it"})
	}
	for i, namespace := range a.ExemptNamespaces {
		field := fmt.Sprintf("exemptNamespaces[%d]", i)
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			faults = append(faults, Fault{field, namespace, strings.Join(problems, "; ")})
		}
		theirs := slices.ContainsFunc(a.Tenants, func(tenant TenantRules) bool { return tenant.Namespace == namespace })
		if theirs && namespace != systemNamespace {
			faults = append(faults, Fault{field, namespace, "is a tenant's, and nothing would hold it: remove it"})
		}
	}
	return faults
}

func (a ClusterIsolationArgs) tenantFaults() []error {
	var errs []error
	seen := map[string]int{}
	for i, tenant := range a.Tenants {
		field := fmt.Sprintf("tenants[%d]", i)
		if err := objects.CheckNamespace(field+".namespace", tenant.Namespace); err != nil {
			errs = append(errs, err)
		}
		if first, double := seen[tenant.Namespace]; double {
			errs = append(errs, fmt.Errorf("%s.namespace %q: is that of tenants[%d] already: remove one",
				field, tenant.Namespace, first))
		}
		seen[tenant.Namespace] = i
		errs = append(errs, checkAll(field+".allow", tenant.Namespace, tenant.Allow, a.Surroundings)...)
	}
	return errs
}

// ClusterIsolation is the tier of network policy that holds the whole cluster, tenants or not.
type ClusterIsolation struct {
	pulumi.ResourceState

	// Policies that hold all namespaces. What starts pods that must be held depends on them.
	Policies []pulumi.Resource

	// Borders of the tenants, by their namespaces. Each comes after Policies: what starts a tenant's pods depends on the
	// tenant's own border, and on no other.
	Borders map[string]pulumi.Resource
}

// NewClusterIsolation denies, in both directions, what no policy allows, in every namespace that is not exempt, those to
// come included; and it denies for good what no policy may allow. It needs Calico. The Kubernetes provider comes from
// opts, and so does the dependency on everything that must run before: it is the cluster's network and DNS.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewClusterIsolation(
	ctx *pulumi.Context, name string, args *ClusterIsolationArgs, opts ...pulumi.ResourceOption,
) (*ClusterIsolation, error) {
	if args == nil {
		args = &ClusterIsolationArgs{}
	}
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("cluster isolation %q: %w", name, err)
	}

	component := &ClusterIsolation{Borders: map[string]pulumi.Resource{}}
	inputs := pulumi.Map{"exemptNamespaces": pulumi.ToStringArray(slices.Sorted(slices.Values(args.ExemptNamespaces)))}
	if err := ctx.RegisterComponentResourceV2(ClusterComponentToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering cluster isolation %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("cluster isolation %q: %w", name, err)
	}
	if err := component.createTier(ctx, name, *args, child); err != nil {
		return nil, fmt.Errorf("cluster isolation %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{}); err != nil {
		return nil, fmt.Errorf("registering the outputs of cluster isolation %q: %w", name, err)
	}
	return component, nil
}

// borderOf starts what the border of a namespace is called.
const borderOf = "border-"

// BorderName is the name of the border of a tenant's namespace, a GlobalNetworkPolicy, in the API server.
func BorderName(namespace string) string { return storedPrefix + policyPrefix + borderOf + namespace }

// createTier registers what holds all namespaces, and after it the borders. If a border, or what comes after it, named all
// others too, the state would grow with the square of the number of tenants.
func (c *ClusterIsolation) createTier(
	ctx *pulumi.Context, name string, args ClusterIsolationArgs, child pulumi.ResourceOption,
) error {
	forAll := args.forAll()
	for _, does := range slices.Sorted(maps.Keys(forAll)) {
		made, err := createCalicoPolicy(ctx, name+"-"+does, policyPrefix+does, "", forAll[does], child)
		if err != nil {
			return err
		}
		c.Policies = append(c.Policies, made)
	}
	for _, tenant := range args.Tenants {
		does := borderOf + tenant.Namespace
		made, err := createCalicoPolicy(ctx, name+"-"+does, policyPrefix+does, "", args.border(tenant),
			objects.LaterChildOptions(c), pulumi.DependsOn(c.Policies))
		if err != nil {
			return err
		}
		c.Borders[tenant.Namespace] = made
	}
	return nil
}
