package admission

import (
	"embed"
	"strconv"
	"strings"

	admissionv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/admissionregistration/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

//go:embed cel/*.cel
var celFiles embed.FS

// variables are the steps of the policy, in the order in which they build on each other; each is a file in cel/.
// Between them stands registries, the one that is rendered.
var variables = []struct{ name, file string }{
	{"podSpec", "pod-spec"},
	{"oldPodSpec", "old-pod-spec"},
	{"images", "images"},
	{"oldImages", "old-images"},
	{"newImages", "new-images"},
	{"malformed", "malformed"},
	{"qualified", "qualified"},
	{"foreign", "foreign"},
	{"moving", "moving"},
}

// rules say what is refused: a variable that must be empty, and what somebody reads whose request was refused. The
// message names the images, the rule, and what to do.
var rules = []struct{ variable, before, after string }{
	{
		variable: "malformed",
		before:   "not an image reference: ",
		after: "; rule: [registry[:port]/]path[:tag][@sha256:digest], lower case but for the tag" +
			"; write the image's full name",
	},
	{
		variable: "foreign",
		before:   "image from a registry that is not allowed: ",
		after:    "; copy it to an allowed registry, or ask the cluster's owner to allow this one",
	},
	{
		variable: "moving",
		before:   "image that may change without notice: ",
		after:    "; rule: a digest, or a tag other than latest; name the release that you tested",
	},
}

func renderVariables(registries []string) (admissionv1.VariableArray, error) {
	rendered := admissionv1.VariableArray{&admissionv1.VariableArgs{
		Name:       pulumi.String("registries"),
		Expression: pulumi.String(celList(registries)),
	}}
	for _, variable := range variables {
		text, err := celFiles.ReadFile("cel/" + variable.file + ".cel")
		if err != nil {
			return nil, err
		}
		rendered = append(rendered, &admissionv1.VariableArgs{
			Name:       pulumi.String(variable.name),
			Expression: pulumi.String(strings.TrimSpace(string(text))),
		})
	}
	return rendered, nil
}

func renderValidations(registries []string) admissionv1.ValidationArray {
	rendered := admissionv1.ValidationArray{}
	for _, rule := range rules {
		after := rule.after
		if rule.variable == "foreign" {
			after = "; allowed: " + strings.Join(registries, ", ") + after
		}
		rendered = append(rendered, &admissionv1.ValidationArgs{
			Expression: pulumi.String("size(variables." + rule.variable + ") == 0"),
			MessageExpression: pulumi.String(strconv.Quote(rule.before) + " + variables." + rule.variable +
				`.map(image, "'" + image + "'").join(", ") + ` + strconv.Quote(after)),
			// What is said if an image holds characters that a message must not, such as a new line.
			Message: pulumi.String(strings.TrimSuffix(rule.before, ": ") + after),
			Reason:  pulumi.String("Forbidden"),
		})
	}
	return rendered
}

// celList renders a CEL list of strings. Registries are of letters, digits, dots, colons, dashes and slashes
// (Validate), which Go and CEL quote in the same way.
func celList(values []string) string {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, strconv.Quote(value))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// resourceRules are what the policy holds: everything built in that has, or is, a pod specification.
func resourceRules() admissionv1.NamedRuleWithOperationsArray {
	held := []struct {
		group     string
		resources []string
	}{
		{"", []string{"pods", "pods/ephemeralcontainers", "replicationcontrollers", "podtemplates"}},
		{"apps", []string{"deployments", "replicasets", "statefulsets", "daemonsets"}},
		{"batch", []string{"jobs", "cronjobs"}},
	}
	typed := admissionv1.NamedRuleWithOperationsArray{}
	for _, rule := range held {
		typed = append(typed, &admissionv1.NamedRuleWithOperationsArgs{
			ApiGroups:   pulumi.ToStringArray([]string{rule.group}),
			ApiVersions: pulumi.ToStringArray([]string{"v1"}),
			Operations:  pulumi.ToStringArray([]string{"CREATE", "UPDATE"}),
			Resources:   pulumi.ToStringArray(rule.resources),
			Scope:       pulumi.String("Namespaced"),
		})
	}
	return typed
}
