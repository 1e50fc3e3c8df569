package admission

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	admissionv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/admissionregistration/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

//go:embed cel
var celFiles embed.FS

// Policy is a policy of this package with its one binding.
type Policy struct {
	pulumi.ResourceState

	// PolicyName is the name of the policy and of its binding in the cluster, which has one of each.
	PolicyName pulumi.StringOutput `pulumi:"policyName"`

	// Binding is complete when the API server knows the policy and where it holds. What is to be held depends on it.
	Binding pulumi.Resource
}

// definition is all that a policy is made of.
type definition struct {
	// name of the policy and of its binding.
	name string

	// inputs of the component, as the state shows them.
	inputs pulumi.Map

	// held are the requests that the policy holds.
	held []requests

	// exempt are namespaces that it does not hold. Objects outside namespaces are held in any case.
	exempt []string

	// trusted are those whom it does not hold at all.
	trusted *Principals

	// variables are the steps, in the order in which they build on each other.
	variables []variable

	// rules say what is refused.
	rules []rule
}

// requests are operations on resources of one API group, all of its version v1.
type requests struct {
	group      string
	resources  []string
	operations []string
}

// variable is a named step of a policy.
type variable struct{ name, expression string }

// rule is a variable that must be an empty list of texts, and what somebody reads whose request was refused: what stands
// before the list, the list, and what to do about it.
type rule struct{ variable, before, after string }

// steps reads variables from files in cel/. A file pods/new-volumes is the variable newVolumes.
func steps(files ...string) []variable {
	read := make([]variable, 0, len(files))
	for _, file := range files {
		words := strings.Split(file[strings.LastIndex(file, "/")+1:], "-")
		for i := 1; i < len(words); i++ {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
		read = append(read, variable{strings.Join(words, ""), expression(file)})
	}
	return read
}

// expression reads a file in cel/. They are part of the program: one that is not there is a mistake in it.
func expression(file string) string {
	text, err := celFiles.ReadFile("cel/" + file + ".cel")
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(text))
}

// arguments are those of a policy of this package.
type arguments interface {
	// Validate reports every fault at once.
	Validate() error

	// definition is what they come to, with the defaults of what was left out.
	definition() definition
}

// newPolicy makes the policy that the arguments come to; nil is the zero value. What it is in words begins its faults.
func newPolicy[A arguments](
	ctx *pulumi.Context, words, token, name string, args *A, opts []pulumi.ResourceOption,
) (*Policy, error) {
	var given A
	if args != nil {
		given = *args
	}
	if err := given.Validate(); err != nil {
		return nil, fmt.Errorf("%s %q: %w", words, name, err)
	}
	return register(ctx, token, name, given.definition(), opts)
}

// register makes the component, the policy and its binding. The Kubernetes provider comes from opts.
func register(
	ctx *pulumi.Context, token, name string, from definition, opts []pulumi.ResourceOption,
) (*Policy, error) {
	component := &Policy{}
	if err := ctx.RegisterComponentResourceV2(token, name, from.inputs, component, opts...); err != nil {
		return nil, fmt.Errorf("registering policy %q: %w", name, err)
	}
	child, err := objects.ChildOptions(component, opts)
	if err != nil {
		return nil, fmt.Errorf("policy %q: %w", name, err)
	}
	policy, err := admissionv1.NewValidatingAdmissionPolicy(ctx, name+"-policy",
		&admissionv1.ValidatingAdmissionPolicyArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(from.name), Labels: objects.Labels()},
			Spec: &admissionv1.ValidatingAdmissionPolicySpecArgs{
				// An expression that cannot be evaluated refuses the request.
				FailurePolicy: pulumi.String("Fail"),
				MatchConstraints: &admissionv1.MatchResourcesArgs{
					// The same object through another version of its API is the same object.
					MatchPolicy:   pulumi.String("Equivalent"),
					ResourceRules: resourceRules(from.held),
				},
				MatchConditions: matchConditions(from.trusted),
				Variables:       renderVariables(from.variables),
				Validations:     renderRules(from.rules),
			},
		}, child)
	if err != nil {
		return nil, fmt.Errorf("policy %q: %w", name, err)
	}
	binding, err := admissionv1.NewValidatingAdmissionPolicyBinding(ctx, name+"-binding",
		&admissionv1.ValidatingAdmissionPolicyBindingArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(from.name), Labels: objects.Labels()},
			Spec: &admissionv1.ValidatingAdmissionPolicyBindingSpecArgs{
				PolicyName: pulumi.String(from.name),
				// Refused, and noted in the audit log as refused by this policy.
				ValidationActions: pulumi.ToStringArray([]string{"Deny", "Audit"}),
				MatchResources:    except(from.exempt),
			},
		}, objects.LaterChildOptions(component), pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, fmt.Errorf("binding of policy %q: %w", name, err)
	}
	component.Binding, component.PolicyName = binding, pulumi.String(from.name).ToStringOutput()
	if err := ctx.RegisterResourceOutputs(component, pulumi.Map{"policyName": component.PolicyName}); err != nil {
		return nil, fmt.Errorf("registering the outputs of policy %q: %w", name, err)
	}
	return component, nil
}

func resourceRules(held []requests) admissionv1.NamedRuleWithOperationsArray {
	typed := make(admissionv1.NamedRuleWithOperationsArray, 0, len(held))
	for _, each := range held {
		typed = append(typed, &admissionv1.NamedRuleWithOperationsArgs{
			ApiGroups:   pulumi.ToStringArray([]string{each.group}),
			ApiVersions: pulumi.ToStringArray([]string{"v1"}),
			Operations:  pulumi.ToStringArray(each.operations),
			Resources:   pulumi.ToStringArray(each.resources),
			// What the API server fills in; saying it keeps a refresh free of differences.
			Scope: pulumi.String("*"),
		})
	}
	return typed
}

// except selects all namespaces but the exempt ones, and everything if there are none.
func except(exempt []string) admissionv1.MatchResourcesPtrInput {
	if len(exempt) == 0 {
		return nil
	}
	return &admissionv1.MatchResourcesArgs{NamespaceSelector: &metav1.LabelSelectorArgs{
		MatchExpressions: metav1.LabelSelectorRequirementArray{notExempt(exempt)},
	}}
}

func notExempt(exempt []string) *metav1.LabelSelectorRequirementArgs {
	return &metav1.LabelSelectorRequirementArgs{
		// The API server sets this label and lets nobody change it.
		Key:      pulumi.String("kubernetes.io/metadata.name"),
		Operator: pulumi.String("NotIn"),
		Values:   pulumi.ToStringArray(exempt),
	}
}

// matchConditions leave out what the trusted do, before anything else is evaluated.
func matchConditions(trusted *Principals) admissionv1.MatchConditionArray {
	if trusted == nil {
		return nil
	}
	return admissionv1.MatchConditionArray{&admissionv1.MatchConditionArgs{
		Name: pulumi.String("not-by-the-trusted"),
		Expression: pulumi.String("!(request.userInfo.username in " + celList(trusted.Users) + ") && " +
			"!request.userInfo.?groups.orValue([]).exists(group, group in " + celList(trusted.Groups) + ")"),
	}}
}

func renderVariables(variables []variable) admissionv1.VariableArray {
	rendered := make(admissionv1.VariableArray, 0, len(variables))
	for _, each := range variables {
		rendered = append(rendered, &admissionv1.VariableArgs{
			Name: pulumi.String(each.name), Expression: pulumi.String(each.expression),
		})
	}
	return rendered
}

func renderRules(rules []rule) admissionv1.ValidationArray {
	rendered := make(admissionv1.ValidationArray, 0, len(rules))
	for _, each := range rules {
		rendered = append(rendered, &admissionv1.ValidationArgs{
			Expression: pulumi.String("size(variables." + each.variable + ") == 0"),
			MessageExpression: pulumi.String(strconv.Quote(each.before+": ") + " + variables." + each.variable +
				`.map(name, "'" + name + "'").join(", ") + ` + strconv.Quote("; "+each.after)),
			// What is said if a name holds characters that a message must not, such as a new line.
			Message: pulumi.String(each.before + "; " + each.after),
			Reason:  pulumi.String("Forbidden"),
		})
	}
	return rendered
}

// celList renders a CEL list of strings. Validation lets printable ASCII in and nothing else, which Go and CEL quote in
// the same way.
func celList(values []string) string {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, strconv.Quote(value))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// sorted returns a sorted copy without doubles, so that the order in a configuration file is no difference.
func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
