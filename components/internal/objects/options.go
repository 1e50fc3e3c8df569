package objects

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// ChildOptions returns the options that every child of a component takes: the component as parent, and what the
// component itself comes after, as its options say. The engine knows the latter of the component only; without it a
// namespace would be deleted at the same time as what stands in it. Objects that own no others are deleted in the
// background.
func ChildOptions(component pulumi.Resource, opts []pulumi.ResourceOption) (pulumi.ResourceOption, error) {
	given, err := pulumi.NewResourceOptions(opts...)
	if err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{LaterChildOptions(component), pulumi.DependsOn(given.DependsOn)}
	for _, inputs := range given.DependsOnInputs {
		options = append(options, pulumi.DependsOnInputs(inputs))
	}
	return pulumi.Composite(options...), nil
}

// LaterChildOptions returns the options of a child that depends on another child of the same component, and by that comes
// after all that the component comes after. Whatever a resource depends on is in the state by name, once for each resource:
// it names what is nearest, and the rest follows. It names resources, never components: of a component the SDK (v3.256) takes
// those children that happen to be registered already (docs/decisions/0033-nearest-dependencies.md).
func LaterChildOptions(component pulumi.Resource) pulumi.ResourceOption {
	return pulumi.Composite(
		pulumi.Parent(component), pulumi.Transformations([]pulumi.ResourceTransformation{deleteInBackground}))
}
