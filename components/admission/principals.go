package admission

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Principals are users and groups as the API server authenticates them.
type Principals struct {
	// Users by name. A service account is system:serviceaccount:<namespace>:<name>.
	Users []string

	// Groups by name.
	Groups []string
}

// Administrators are those whom a policy trusts if nobody is named: the administrators that kubeadm makes, and whoever
// is above authorization anyhow.
func Administrators() Principals {
	return Principals{Groups: []string{"kubeadm:cluster-admins", "system:masters"}}
}

// The parts of the control plane that write to objects of others. The API server makes its own roles as itself.
var (
	apiServer            = "system:apiserver"
	aggregationAccount   = "system:serviceaccount:kube-system:clusterrole-aggregation-controller"
	systemWriterAccounts = []string{
		apiServer,
		aggregationAccount,
		"system:kube-controller-manager", // without a service account for each controller
		"system:serviceaccount:kube-system:daemon-set-controller",
		"system:serviceaccount:kube-system:deployment-controller",
		"system:serviceaccount:kube-system:generic-garbage-collector",
		"system:serviceaccount:kube-system:namespace-controller",
	}
)

// crowds are subjects that are nobody in particular: to trust them is to have no policy.
var crowds = []string{
	"system:anonymous", "system:unauthenticated", "system:authenticated", "system:serviceaccounts", "system:nodes",
}

// printable is what a name in an expression may hold.
var printable = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)

func (p Principals) empty() bool { return len(p.Users)+len(p.Groups) == 0 }

// with returns the principals with more users, sorted.
func (p Principals) with(users ...string) *Principals {
	return &Principals{Users: sorted(slices.Concat(p.Users, users)), Groups: sorted(p.Groups)}
}

// inputs are the principals as the state shows them.
func (p Principals) inputs() pulumi.Map {
	return pulumi.Map{"users": pulumi.ToStringArray(sorted(p.Users)), "groups": pulumi.ToStringArray(sorted(p.Groups))}
}

func (p Principals) validate(field string) error {
	return errors.Join(checkNames(field+".users", p.Users), checkNames(field+".groups", p.Groups))
}

// checkNames returns a fault for each name of a user or a group that cannot be one, is anybody, or is there twice.
func checkNames(field string, names []string) error {
	var faults []error
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case !printable.MatchString(name):
			faults = append(faults, fmt.Errorf("%s %q: write a name as the API server knows it, in printable ASCII, "+
				"without spaces around it", at, name))
		case slices.Contains(crowds, name) || name == "*":
			faults = append(faults, fmt.Errorf("%s %q is anybody: name users and groups of your own", at, name))
		case slices.Contains(names[:i], name):
			faults = append(faults, fmt.Errorf("%s %q is named twice", at, name))
		}
	}
	return errors.Join(faults...)
}

// checkNamespaces returns a fault for each value that cannot be a namespace, or is there twice.
func checkNamespaces(field string, values []string) error {
	var faults []error
	for i, value := range values {
		at := fmt.Sprintf("%s[%d]", field, i)
		for _, problem := range validation.IsDNS1123Label(value) {
			faults = append(faults, fmt.Errorf("%s %q: %s", at, value, problem))
		}
		if slices.Contains(values[:i], value) {
			faults = append(faults, fmt.Errorf("%s %q is named twice", at, value))
		}
	}
	return errors.Join(faults...)
}
