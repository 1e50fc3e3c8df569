package admission

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
)

// TestTypes runs the check that the controller manager runs, whose warnings stand in a policy's status: an expression
// that asks an object for a field which its kind does not have.
func TestTypes(t *testing.T) {
	t.Parallel()
	checker := &validating.TypeChecker{
		SchemaResolver: &resolver.ClientDiscoveryResolver{Discovery: server.Client.Discovery()},
		RestMapper:     mapper,
	}
	policies, err := server.Client.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(policies.Items) != 7 {
		t.Errorf("%d policies, want 7", len(policies.Items))
	}
	for _, policy := range policies.Items {
		for _, warning := range checker.Check(&policy) {
			t.Errorf("%s: %s: %s", policy.Name, warning.FieldRef, warning.Warning)
		}
	}
	if len(policies.Items) == 0 {
		return
	}
	wrong := policies.Items[0].DeepCopy()
	wrong.Spec.Validations = append(wrong.Spec.Validations, admissionregistrationv1.Validation{Expression: "object.nothing == 1"})
	if warnings := checker.Check(wrong); len(warnings) == 0 {
		t.Error("control: an expression about a field that no kind has gives no warning")
	}
}
