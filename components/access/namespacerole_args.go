package access

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// DefaultServiceAccount is the name of the namespace's service account that deploys.
const DefaultServiceAccount = "tenant"

// NamespaceRoleArgs say who is what in a namespace. All fields are plain: they decide what exists.
type NamespaceRoleArgs struct {
	// Namespace that the roles are for. It must exist, or be made by a resource that the options depend on. Required.
	Namespace string

	// Viewers, Developers and Operators hold the role of their persona in the namespace, beside Persona.NamespaceGroup and,
	// for the developers' role, the namespace's own service account. Default: none.
	Viewers, Developers, Operators []Subject

	// Rules are what developers may do beside the rules of their persona: with custom resources, say. No wildcards, and
	// nothing that hands out rights (Rule.Check). Default: none.
	Rules []Rule

	// ServiceAccount is the name of the service account that is made in the namespace and holds the developers' role.
	// Default: DefaultServiceAccount.
	ServiceAccount string
}

func (a NamespaceRoleArgs) withDefaults() NamespaceRoleArgs {
	if a.ServiceAccount == "" {
		a.ServiceAccount = DefaultServiceAccount
	}
	for _, subjects := range []*[]Subject{&a.Viewers, &a.Developers, &a.Operators} {
		*subjects = subjectsIn(a.Namespace, *subjects)
	}
	return a
}

// Validate reports every fault at once. Whoever composes this component calls it before the first resource exists.
func (a NamespaceRoleArgs) Validate() error {
	return a.withDefaults().validate()
}

func (a NamespaceRoleArgs) validate() error {
	var faults []error
	if fault := objects.CheckNamespace("namespace", a.Namespace); fault != nil {
		faults = append(faults, fault)
	}
	if problems := validation.IsDNS1123Subdomain(a.ServiceAccount); len(problems) > 0 {
		faults = append(faults, fmt.Errorf("serviceAccount %q: %s", a.ServiceAccount, strings.Join(problems, "; ")))
	}
	if a.ServiceAccount == defaultAccount {
		faults = append(faults, fmt.Errorf(
			"serviceAccount %q: pods that ask for no identity run as it: name another one", a.ServiceAccount))
	}
	faults = append(faults, checkSubjects("viewers", a.Viewers)...)
	faults = append(faults, checkSubjects("developers", a.Developers)...)
	faults = append(faults, checkSubjects("operators", a.Operators)...)
	for i, rule := range a.Rules {
		rule.Check(func(field string, value any, reason string) {
			faults = append(faults, fmt.Errorf("rules[%d].%s %q: %s", i, field, value, reason))
		})
	}
	return errors.Join(faults...)
}

// subjectsOf returns those who hold a persona in the namespace.
func (a NamespaceRoleArgs) subjectsOf(persona Persona) []Subject {
	switch persona {
	case Viewer:
		return a.Viewers
	case Developer:
		own := Subject{Kind: ServiceAccountSubject, Name: a.ServiceAccount, Namespace: a.Namespace}
		return append([]Subject{own}, a.Developers...)
	case Operator:
		return a.Operators
	default:
		return nil
	}
}

// rulesOf returns what a persona may do in the namespace.
func (a NamespaceRoleArgs) rulesOf(persona Persona) []Rule {
	rules := persona.namespaceRules()
	if persona == Developer {
		rules = append(rules, a.Rules...)
	}
	return rules
}
