package access

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation"
)

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

// defaultAccount is the service account that Kubernetes makes in every namespace.
const defaultAccount = "default"

// Subject is somebody who holds a role.
type Subject struct {
	Kind SubjectKind
	Name string
	// Namespace of a service account. Default: that of a namespace's role; a cluster's persona has none. Users and groups
	// have none.
	Namespace string
}

// subjectsIn returns the subjects, with the namespace for service accounts that name none.
func subjectsIn(namespace string, subjects []Subject) []Subject {
	settled := make([]Subject, 0, len(subjects))
	for _, subject := range subjects {
		if subject.Kind == ServiceAccountSubject && subject.Namespace == "" {
			subject.Namespace = namespace
		}
		settled = append(settled, subject)
	}
	return settled
}

// checkSubjects returns every fault of the subjects of one role.
func checkSubjects(field string, subjects []Subject) []error {
	var faults []error
	for i, subject := range subjects {
		at := fmt.Sprintf("%s[%d]", field, i)
		faults = append(faults, subject.faults(at)...)
		if slices.Contains(subjects[:i], subject) {
			faults = append(faults, fmt.Errorf("%s: %s %q is named twice: remove one", at, subject.Kind, subject.Name))
		}
	}
	return faults
}

func (s Subject) faults(field string) []error {
	var faults []error
	switch s.Kind {
	case UserSubject, GroupSubject:
		if reason := ReasonAgainst(s.Name); reason != "" {
			faults = append(faults, fmt.Errorf("%s.name %q: %s", field, s.Name, reason))
		}
		if s.Namespace != "" {
			faults = append(faults, fmt.Errorf("%s.namespace %q: a %s has no namespace: leave it out",
				field, s.Namespace, s.Kind))
		}
	case ServiceAccountSubject:
		if s.Name == defaultAccount {
			faults = append(faults, fmt.Errorf(
				"%s.name %q: pods that ask for no identity run as it: name another service account", field, s.Name))
		}
		if problems := validation.IsDNS1123Subdomain(s.Name); len(problems) > 0 {
			faults = append(faults, fmt.Errorf("%s.name %q: %s", field, s.Name, strings.Join(problems, "; ")))
		}
		if problems := validation.IsDNS1123Label(s.Namespace); len(problems) > 0 {
			faults = append(faults, fmt.Errorf("%s.namespace %q: %s", field, s.Namespace, strings.Join(problems, "; ")))
		}
	default:
		faults = append(faults, fmt.Errorf("%s.kind %q: use %s, %s or %s",
			field, s.Kind, UserSubject, GroupSubject, ServiceAccountSubject))
	}
	return faults
}

// typedSubjects starts with the group of ours that holds the persona.
func typedSubjects(group string, subjects []Subject) rbacv1.SubjectArray {
	var typed rbacv1.SubjectArray
	for _, subject := range append([]Subject{{Kind: GroupSubject, Name: group}}, subjects...) {
		args := &rbacv1.SubjectArgs{Kind: pulumi.String(string(subject.Kind)), Name: pulumi.String(subject.Name)}
		if subject.Kind == ServiceAccountSubject {
			args.Namespace = pulumi.String(subject.Namespace)
		} else {
			// The API server would add it; saying it keeps a refresh free of differences.
			args.ApiGroup = pulumi.String(rbacGroup)
		}
		typed = append(typed, args)
	}
	return typed
}
