package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// DefaultServiceAccount is the name of the namespace's service account that has the role.
const DefaultServiceAccount = "tenant"

// SubjectKind says what a subject's name is the name of.
type SubjectKind string

// Kinds of subjects.
const (
	// UserSubject is a user as the API server authenticates it.
	UserSubject SubjectKind = "User"
	// GroupSubject is a group as the API server authenticates it.
	GroupSubject SubjectKind = "Group"
	// ServiceAccountSubject is a service account.
	ServiceAccountSubject SubjectKind = "ServiceAccount"
)

// Subject is somebody who gets the role.
type Subject struct {
	Kind SubjectKind
	Name string
	// Namespace of a service account. Default: the role's namespace. Users and groups have none.
	Namespace string
}

// NamespaceRoleArgs say who gets the role where. All fields are plain: they decide what exists.
type NamespaceRoleArgs struct {
	// Namespace that the role is for. It must exist, or be made by a resource that the options depend on. Required.
	Namespace string

	// Subjects who get the role beside the namespace's own service account. Default: none.
	Subjects []Subject

	// ServiceAccount is the name of the service account that is made in the namespace and gets the role.
	// Default: DefaultServiceAccount.
	ServiceAccount string
}

func (a NamespaceRoleArgs) withDefaults() NamespaceRoleArgs {
	if a.ServiceAccount == "" {
		a.ServiceAccount = DefaultServiceAccount
	}
	subjects := make([]Subject, 0, len(a.Subjects))
	for _, subject := range a.Subjects {
		if subject.Kind == ServiceAccountSubject && subject.Namespace == "" {
			subject.Namespace = a.Namespace
		}
		subjects = append(subjects, subject)
	}
	a.Subjects = subjects
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
	for i, subject := range a.Subjects {
		field := fmt.Sprintf("subjects[%d]", i)
		if fault := subject.validate(field); fault != nil {
			faults = append(faults, fault)
		}
		if slices.Contains(a.Subjects[:i], subject) {
			faults = append(faults, fmt.Errorf("%s: %s %q is named twice", field, subject.Kind, subject.Name))
		}
	}
	return errors.Join(faults...)
}

func (s Subject) validate(field string) error {
	var faults []error
	switch {
	case s.Name == "":
		faults = append(faults, fmt.Errorf("%s.name is required", field))
	case s.Name == "*":
		faults = append(faults, fmt.Errorf("%s.name %q: kubernetes knows no wildcard here: name one subject", field, s.Name))
	case s.Kind != ServiceAccountSubject && strings.HasPrefix(s.Name, "system:"):
		// system:authenticated, system:serviceaccounts and the like are everybody.
		faults = append(faults, fmt.Errorf("%s.name %q: names that start with %q belong to Kubernetes: "+
			"name a user or group of your own", field, s.Name, "system:"))
	}
	switch s.Kind {
	case UserSubject, GroupSubject:
		if s.Namespace != "" {
			faults = append(faults, fmt.Errorf("%s.namespace %q: a %s has no namespace: leave it out",
				field, s.Namespace, s.Kind))
		}
	case ServiceAccountSubject:
		if s.Name == defaultAccount {
			faults = append(faults, fmt.Errorf(
				"%s.name %q: pods that ask for no identity run as it: name another service account", field, s.Name))
		}
		if problems := validation.IsDNS1123Label(s.Namespace); len(problems) > 0 {
			faults = append(faults, fmt.Errorf("%s.namespace %q: %s", field, s.Namespace, strings.Join(problems, "; ")))
		}
	default:
		faults = append(faults, fmt.Errorf("%s.kind %q: use %s, %s or %s",
			field, s.Kind, UserSubject, GroupSubject, ServiceAccountSubject))
	}
	return errors.Join(faults...)
}
