package access

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Rule allows some verbs on some resources of one API group.
type Rule struct {
	// Group is the API group; empty is the core group.
	Group string
	// Resources in the plural, with a slash before a subresource. At least one.
	Resources []string
	// Verbs that are allowed on all of them. At least one.
	Verbs []string
}

var (
	readVerbs   = []string{"get", "list", "watch"}
	getVerb     = []string{"get"}
	scaleVerbs  = []string{"get", "update", "patch"}
	removeVerbs = []string{"get", "list", "watch", "delete"}
	manageVerbs = []string{"get", "list", "watch", "create", "update", "patch", "delete"}
)

// takenVerbs hand out rights, or do many things at once that no review sees one by one (CIS 5.1.8, 5.1.11).
var takenVerbs = []string{"escalate", "bind", "impersonate", "approve", "sign", "attest", "deletecollection"}

// takenResources are those that no namespace's own rules may name, by group: each is a way around another control.
// A group that maps to nothing is taken as a whole.
var takenResources = map[string][]string{
	"": {
		"nodes", "namespaces", "persistentvolumes", "serviceaccounts", "resourcequotas", "limitranges", "endpoints",
		"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "pods/ephemeralcontainers", "pods/binding",
		"services/proxy", "bindings", "secrets", "replicationcontrollers",
	},
	"rbac.authorization.k8s.io":    nil,
	"admissionregistration.k8s.io": nil,
	"apiextensions.k8s.io":         nil,
	"apiregistration.k8s.io":       nil,
	"authentication.k8s.io":        nil,
	"authorization.k8s.io":         nil,
	"certificates.k8s.io":          nil,
	"crd.projectcalico.org":        nil,
	"projectcalico.org":            nil,
	"flowcontrol.apiserver.k8s.io": nil,
	"networking.k8s.io":            {"networkpolicies"},
	"discovery.k8s.io":             {"endpointslices"},
}

// Check calls report with the field, the value and the rule of each thing that is wrong with a rule that a namespace adds
// to its developers' role. The role already has what running workloads takes: an addition is for resources that somebody
// else has defined.
func (r Rule) Check(report func(field string, value any, rule string)) {
	if strings.Contains(r.Group, "*") {
		report("group", r.Group, "is a wildcard: name the API group")
	}
	taken, known := takenResources[r.Group]
	if known && taken == nil {
		report("group", r.Group, "holds what the cluster is guarded with: no tenant has rights in it")
	}
	if len(r.Resources) == 0 {
		report("resources", r.Resources, "is empty: name the resources, in the plural")
	}
	for i, resource := range r.Resources {
		field := fmt.Sprintf("resources[%d]", i)
		name, _, _ := strings.Cut(resource, "/")
		switch {
		case resource == "":
			report(field, resource, "is empty: name a resource, in the plural")
		case strings.Contains(resource, "*"):
			report(field, resource, "is a wildcard, which also covers what does not exist yet: name each resource")
		case slices.Contains(taken, resource), slices.Contains(taken, name):
			report(field, resource, "is a way around another control, or in the developers' role already: leave it out")
		}
	}
	if len(r.Verbs) == 0 {
		report("verbs", r.Verbs, "is empty: name the verbs, such as get, list and watch")
	}
	for i, verb := range r.Verbs {
		field := fmt.Sprintf("verbs[%d]", i)
		switch {
		case strings.Contains(verb, "*"):
			report(field, verb, "is a wildcard: use some of "+strings.Join(manageVerbs, ", "))
		case slices.Contains(takenVerbs, verb):
			report(field, verb, "hands out rights, or does many things at once: use some of "+strings.Join(manageVerbs, ", "))
		case !slices.Contains(manageVerbs, verb):
			report(field, verb, "is not a verb of objects: use some of "+strings.Join(manageVerbs, ", "))
		}
	}
}

func typedRules(rules []Rule) rbacv1.PolicyRuleArray {
	typed := make(rbacv1.PolicyRuleArray, 0, len(rules))
	for _, rule := range rules {
		typed = append(typed, &rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{rule.Group}),
			Resources: pulumi.ToStringArray(rule.Resources),
			Verbs:     pulumi.ToStringArray(rule.Verbs),
		})
	}
	return typed
}

// only returns the same rules with other verbs.
func only(verbs []string, rules []Rule) []Rule {
	changed := slices.Clone(rules)
	for i := range changed {
		changed[i].Verbs = verbs
	}
	return changed
}
