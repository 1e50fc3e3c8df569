package admission

import (
	"fmt"

	admissionv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/admissionregistration/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// ComponentToken is the type token of ImagePolicy.
const ComponentToken = "rampart:admission:ImagePolicy"

// PolicyName is the name of the policy and of its binding in the cluster, which has one of each.
const PolicyName = "images.rampart.dev"

// ImagePolicy is the policy with its binding.
type ImagePolicy struct {
	pulumi.ResourceState

	// PolicyName of the ValidatingAdmissionPolicy.
	PolicyName pulumi.StringOutput `pulumi:"policyName"`
}

// NewImagePolicy makes the policy and binds it to all namespaces that are not exempt. It holds what is created or
// changed from then on; what runs already is left alone. The Kubernetes provider comes from opts.
//
// It fails, before anything is created, with every fault of its arguments at once.
func NewImagePolicy(
	ctx *pulumi.Context, name string, args *ImagePolicyArgs, opts ...pulumi.ResourceOption,
) (*ImagePolicy, error) {
	if args == nil {
		args = &ImagePolicyArgs{}
	}
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("image policy %q: %w", name, err)
	}
	settled := args.withDefaults()

	component := &ImagePolicy{}
	inputs := pulumi.Map{
		"allowedRegistries": pulumi.ToStringArray(settled.AllowedRegistries),
		"exemptNamespaces":  pulumi.ToStringArray(settled.ExemptNamespaces),
	}
	if err := ctx.RegisterComponentResourceV2(ComponentToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering image policy %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("image policy %q: %w", name, err)
	}
	policy, err := createPolicy(ctx, name, settled, child)
	if err != nil {
		return nil, fmt.Errorf("image policy %q: %w", name, err)
	}
	if err := bindPolicy(ctx, name, settled, child, pulumi.DependsOn([]pulumi.Resource{policy})); err != nil {
		return nil, fmt.Errorf("image policy %q: %w", name, err)
	}

	component.PolicyName = pulumi.String(PolicyName).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"policyName": component.PolicyName}); err != nil {
		return nil, fmt.Errorf("registering the outputs of image policy %q: %w", name, err)
	}
	return component, nil
}

func createPolicy(
	ctx *pulumi.Context, name string, args ImagePolicyArgs, opts ...pulumi.ResourceOption,
) (*admissionv1.ValidatingAdmissionPolicy, error) {
	variables, err := renderVariables(args.AllowedRegistries)
	if err != nil {
		return nil, err
	}
	policy, err := admissionv1.NewValidatingAdmissionPolicy(ctx, name+"-policy",
		&admissionv1.ValidatingAdmissionPolicyArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(PolicyName), Labels: objects.Labels()},
			Spec: &admissionv1.ValidatingAdmissionPolicySpecArgs{
				// An expression that cannot be evaluated refuses the request.
				FailurePolicy: pulumi.String("Fail"),
				MatchConstraints: &admissionv1.MatchResourcesArgs{
					// The same object through another version of its API is the same object.
					MatchPolicy:   pulumi.String("Equivalent"),
					ResourceRules: resourceRules(),
				},
				Variables:   variables,
				Validations: renderValidations(args.AllowedRegistries),
			},
		}, opts...)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", PolicyName, err)
	}
	return policy, nil
}

func bindPolicy(
	ctx *pulumi.Context, name string, args ImagePolicyArgs, opts ...pulumi.ResourceOption,
) error {
	if _, err := admissionv1.NewValidatingAdmissionPolicyBinding(ctx, name+"-binding",
		&admissionv1.ValidatingAdmissionPolicyBindingArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(PolicyName), Labels: objects.Labels()},
			Spec: &admissionv1.ValidatingAdmissionPolicyBindingSpecArgs{
				PolicyName: pulumi.String(PolicyName),
				// Refused, and noted in the audit log as refused by this policy.
				ValidationActions: pulumi.ToStringArray([]string{"Deny", "Audit"}),
				MatchResources: &admissionv1.MatchResourcesArgs{
					NamespaceSelector: &metav1.LabelSelectorArgs{
						MatchExpressions: metav1.LabelSelectorRequirementArray{
							// The API server sets this label and lets nobody change it.
							&metav1.LabelSelectorRequirementArgs{
								Key:      pulumi.String("kubernetes.io/metadata.name"),
								Operator: pulumi.String("NotIn"),
								Values:   pulumi.ToStringArray(args.ExemptNamespaces),
							},
						},
					},
				},
			},
		}, opts...); err != nil {
		return fmt.Errorf("binding of %s: %w", PolicyName, err)
	}
	return nil
}
