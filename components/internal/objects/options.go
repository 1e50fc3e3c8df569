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
	options := []pulumi.ResourceOption{
		pulumi.Parent(component),
		pulumi.DependsOn(given.DependsOn),
		pulumi.Transformations([]pulumi.ResourceTransformation{deleteInBackground}),
	}
	for _, inputs := range given.DependsOnInputs {
		options = append(options, pulumi.DependsOnInputs(inputs))
	}
	return pulumi.Composite(options...), nil
}
