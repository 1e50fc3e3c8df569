package admission

import (
	"errors"
	"fmt"

	admissionv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/admissionregistration/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/internal/objects"
)

// SafeDefaultsToken is the type token of the safe defaults' component, SafeDefaultsName the policy's name in the cluster.
const (
	SafeDefaultsToken = "rampart:admission:SafeDefaults"
	SafeDefaultsName  = "defaults.rampart.dev"
)

// SafeDefaultsArgs say where settings that a pod leaves out are filled in. All fields are plain.
type SafeDefaultsArgs struct {
	// KubernetesVersion of the cluster: baseline.Facts.KubernetesVersion. MutatingAdmissionPolicy is there since v1.36.
	// Required.
	KubernetesVersion baseline.KubernetesVersion

	// ExemptNamespaces are left alone, beside kube-system. Default: none.
	ExemptNamespaces []string
}

// SafeDefaultsSupported says whether a version of Kubernetes has what SafeDefaults is made of.
func SafeDefaultsSupported(version baseline.KubernetesVersion) bool { return version.Has("v1.36") }

// Validate reports every fault at once.
func (a SafeDefaultsArgs) Validate() error {
	var fault error
	if !SafeDefaultsSupported(a.KubernetesVersion) {
		fault = fmt.Errorf("kubernetesVersion %q has no MutatingAdmissionPolicy: leave safe defaults out, or use v1.36 or later",
			a.KubernetesVersion)
	}
	return errors.Join(fault, checkNamespaces("exemptNamespaces", a.ExemptNamespaces))
}

// NewSafeDefaults makes a mutating policy that fills in what a pod leaves out, and only ever with what restricts it: the
// runtime's seccomp profile, no new privileges, no capabilities. They are what Pod Security restricted demands anyway, so
// that namespaces of a lower level are left alone. runAsNonRoot is not filled in: that an image needs no root is for its
// author to say. Nor is hostUsers: false, which not every kernel and runtime can do. And the service account that pods run as
// which name none gets no token into them.
//
// The Kubernetes provider comes from opts. It fails, before anything is created, with every fault of its arguments at
// once.
func NewSafeDefaults(
	ctx *pulumi.Context, name string, args *SafeDefaultsArgs, opts ...pulumi.ResourceOption,
) (*Policy, error) {
	if args == nil {
		args = &SafeDefaultsArgs{}
	}
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("safe defaults %q: %w", name, err)
	}
	exempt := sorted(append([]string{systemNamespace}, args.ExemptNamespaces...))
	component := &Policy{}
	inputs := pulumi.Map{"exemptNamespaces": pulumi.ToStringArray(exempt)}
	if err := ctx.RegisterComponentResourceV2(SafeDefaultsToken, name, inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering safe defaults %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("safe defaults %q: %w", name, err)
	}
	policy, err := admissionv1.NewMutatingAdmissionPolicy(ctx, name+"-policy", &admissionv1.MutatingAdmissionPolicyArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(SafeDefaultsName), Labels: objects.Labels()},
		Spec:     defaultsSpec(),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("safe defaults %q: %w", name, err)
	}
	binding, err := admissionv1.NewMutatingAdmissionPolicyBinding(ctx, name+"-binding",
		&admissionv1.MutatingAdmissionPolicyBindingArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(SafeDefaultsName), Labels: objects.Labels()},
			Spec: &admissionv1.MutatingAdmissionPolicyBindingSpecArgs{
				PolicyName: pulumi.String(SafeDefaultsName),
				MatchResources: &admissionv1.MatchResourcesArgs{NamespaceSelector: &metav1.LabelSelectorArgs{
					MatchExpressions: metav1.LabelSelectorRequirementArray{
						notExempt(exempt),
						// Without the label a namespace has the cluster's default, which is restricted.
						&metav1.LabelSelectorRequirementArgs{
							Key:      pulumi.String("pod-security.kubernetes.io/enforce"),
							Operator: pulumi.String("NotIn"),
							Values:   pulumi.ToStringArray([]string{"baseline", "privileged"}),
						},
					},
				}},
			},
		}, objects.LaterChildOptions(component), pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, fmt.Errorf("safe defaults %q: %w", name, err)
	}
	component.Binding, component.PolicyName = binding, pulumi.String(SafeDefaultsName).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"policyName": component.PolicyName}); err != nil {
		return nil, fmt.Errorf("registering the outputs of safe defaults %q: %w", name, err)
	}
	return component, nil
}

func defaultsSpec() *admissionv1.MutatingAdmissionPolicySpecArgs {
	patch := func(file string) *admissionv1.MutationArgs {
		return &admissionv1.MutationArgs{
			PatchType: pulumi.String("JSONPatch"),
			JsonPatch: &admissionv1.JSONPatchArgs{Expression: pulumi.String(expression(file))},
		}
	}
	return &admissionv1.MutatingAdmissionPolicySpecArgs{
		FailurePolicy: pulumi.String("Fail"),
		// Once more if another mutation came after it, such as one that brings in a sidecar.
		ReinvocationPolicy: pulumi.String("IfNeeded"),
		MatchConstraints: &admissionv1.MatchResourcesArgs{
			MatchPolicy: pulumi.String("Equivalent"),
			ResourceRules: resourceRules([]requests{
				{"", []string{"pods", "serviceaccounts"}, []string{"CREATE"}},
				{"", []string{"pods/ephemeralcontainers"}, []string{"UPDATE"}},
			}),
		},
		Variables: renderVariables(steps("defaults/places")),
		Mutations: admissionv1.MutationArray{patch("defaults/accounts"), patch("defaults/seccomp"), patch("defaults/privileges")},
	}
}
