package isolation

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ComponentToken is the type token of NamespaceIsolation.
const ComponentToken = "rampart:isolation:NamespaceIsolation"

// NamespaceIsolationArgs say what to isolate.
type NamespaceIsolationArgs struct {
	// Namespace to isolate. It must exist, or be made by a resource that the options depend on. Required.
	Namespace string

	// Allow is what is let through beside cluster DNS and the namespace itself. Default: nothing.
	Allow []Rule

	// Surroundings are what the rules are checked against: which tenants and network sets there are, and what is the
	// cluster's own.
	Surroundings Surroundings
}

// Validate reports every fault at once.
func (a NamespaceIsolationArgs) Validate() error {
	return errors.Join(objects.CheckNamespace("namespace", a.Namespace), a.ValidateRules())
}

// ValidateRules reports every fault of the rules and their surroundings, for whoever checks the namespace already.
func (a NamespaceIsolationArgs) ValidateRules() error {
	return errors.Join(append(a.Surroundings.faults(), checkAll("allow", a.Namespace, a.Allow, a.Surroundings)...)...)
}

// NamespaceIsolation is the isolation of one namespace.
type NamespaceIsolation struct {
	pulumi.ResourceState

	// Namespace that is isolated.
	Namespace pulumi.StringOutput `pulumi:"namespace"`

	// Policies of the namespace. Whoever may start pods in it is let in after them.
	Policies []pulumi.Resource
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
	if err := args.Validate(); err != nil {
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
	if component.Policies, err = createPolicies(ctx, name, *args, child); err != nil {
		return nil, fmt.Errorf("namespace isolation %q: %w", name, err)
	}

	component.Namespace = pulumi.String(args.Namespace).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"namespace": component.Namespace}); err != nil {
		return nil, fmt.Errorf("registering the outputs of namespace isolation %q: %w", name, err)
	}
	return component, nil
}
