package hardening

import (
	"bytes"
	"embed"
	"slices"
	"strconv"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/baseline"
)

// fileGuard is in a folder of its own, all of which the API server reads.
const fileGuard = "guard/policies.yaml"

// guardName of the policy and of its binding. Only files may have names with this ending, so that nobody can make one
// that looks like it.
const guardName = "rampart-guard.static.k8s.io"

// guardRelease is the first release of Kubernetes that reads policies from files without a feature gate.
const guardRelease baseline.MinorRelease = "v1.37"

//go:embed guard
var guardFiles embed.FS

// Principals are users and groups as the API server authenticates them.
type Principals struct{ Users, Groups []string }

// administrators are those whom the guard trusts in any case: the administrators that kubeadm makes, and whoever is above
// authorization anyhow.
var administrators = []string{"kubeadm:cluster-admins", "system:masters"}

// guarded are what decides about others' requests and about traffic, and what no policy from the API can protect: for
// policies and bindings of admission the API server asks none but those from files.
var guarded = []admissionv1.NamedRuleWithOperations{
	guardedResources("admissionregistration.k8s.io", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
	guardedResources("crd.projectcalico.org", "globalnetworkpolicies"),
}

func guardedResources(group string, resources ...string) admissionv1.NamedRuleWithOperations {
	every := admissionv1.AllScopes
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update, admissionv1.Delete},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: resources, Scope: &every},
	}}
}

// guard renders a policy, and its binding, that lets nobody but the administrators and the deployers change the policies
// that Rampart makes. It holds from the API server's first request on, before etcd is read, and nothing in the API takes it
// away.
func guard(deployers Principals) (string, error) {
	condition, err := guardFiles.ReadFile("guard/owned.cel")
	if err != nil {
		return "", err
	}
	fail, equivalent := admissionv1.Fail, admissionv1.Equivalent
	forbidden := metav1.StatusReasonForbidden
	policy := admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: guardName},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy:    &fail,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: guarded, MatchPolicy: &equivalent},
			MatchConditions: []admissionv1.MatchCondition{
				{Name: "not-by-the-trusted", Expression: notBy(deployers)},
				{Name: "owned", Expression: strings.TrimSpace(string(condition))},
			},
			Validations: []admissionv1.Validation{{
				Expression: "false", Reason: &forbidden,
				Message: "policy of the cluster's own program; ask the cluster's owner for the change; for a policy of your own, " +
					"leave the label app.kubernetes.io/managed-by=rampart out",
			}},
		},
	}
	binding := admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: guardName},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        guardName,
			ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny, admissionv1.Audit},
		},
	}
	documents := make([][]byte, 0, 2) //nolint:mnd // the two
	for _, object := range []any{policy, binding} {
		text, err := yaml.Marshal(object)
		if err != nil {
			return "", err
		}
		documents = append(documents, text)
	}
	return string(bytes.Join(documents, []byte("---\n"))), nil
}

// notBy is a CEL expression that holds if a request is not by one of those who may. Names are quoted alike in Go and in CEL
// as long as they are printable ASCII, which ClusterArgs sees to.
func notBy(deployers Principals) string {
	list := func(names ...string) string {
		slices.Sort(names)
		quoted := make([]string, 0, len(names))
		for _, name := range slices.Compact(names) {
			quoted = append(quoted, strconv.Quote(name))
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return "!(request.userInfo.username in " + list(slices.Clone(deployers.Users)...) + ") && " +
		"!request.userInfo.?groups.orValue([]).exists(group, group in " + list(slices.Concat(administrators, deployers.Groups)...) + ")"
}
