package hardening

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"
)

// TestGuardIsWhereTheAPIServerLooks: the folder in the admission configuration is that of the file, and its name is one that
// files alone may have.
func TestGuardIsWhereTheAPIServerLooks(t *testing.T) {
	t.Parallel()
	chosen := settings()
	chosen.Deployers = Principals{Users: []string{"robot"}, Groups: []string{"platform \"team\""}}
	files, err := Files(chosen, testKey())
	if err != nil {
		t.Fatal(err)
	}
	if want := "staticManifestsDir: " + nodePath("guard"); !strings.Contains(files[fileAdmission], want) {
		t.Errorf("no %q in:\n%s", want, files[fileAdmission])
	}
	documents := strings.Split(files["guard/policies.yaml"], "---\n")
	if len(documents) != 2 {
		t.Fatalf("%d documents, want a policy and its binding:\n%s", len(documents), files["guard/policies.yaml"])
	}
	var policy admissionv1.ValidatingAdmissionPolicy
	if err := yaml.UnmarshalStrict([]byte(documents[0]), &policy); err != nil {
		t.Fatal(err)
	}
	var binding admissionv1.ValidatingAdmissionPolicyBinding
	if err := yaml.UnmarshalStrict([]byte(documents[1]), &binding); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(policy.Name, ".static.k8s.io") || binding.Spec.PolicyName != policy.Name ||
		!strings.HasSuffix(binding.Name, ".static.k8s.io") {
		t.Errorf("policy %s, binding %s of %s", policy.Name, binding.Name, binding.Spec.PolicyName)
	}
	if !slices.Contains(binding.Spec.ValidationActions, admissionv1.Deny) || *policy.Spec.FailurePolicy != admissionv1.Fail {
		t.Error("it does not fail closed")
	}
	trusted := policy.Spec.MatchConditions[0].Expression
	for _, want := range []string{`["robot"]`, `["kubeadm:cluster-admins", "platform \"team\"", "system:masters"]`} {
		if !strings.Contains(trusted, want) {
			t.Errorf("no %s in %s", want, trusted)
		}
	}
	if !slices.Contains(ReloadedFiles(chosen), fileGuard) {
		t.Error("a change of the deployers would restart the API server")
	}
}

// TestNoGuardBefore137: an API server that does not know the setting does not start with it.
func TestNoGuardBefore137(t *testing.T) {
	t.Parallel()
	chosen := settings()
	chosen.KubernetesVersion = "v1.36.3"
	files, err := Files(chosen, testKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, there := files[fileGuard]; there || strings.Contains(files[fileAdmission], "staticManifestsDir") ||
		slices.Contains(ReloadedFiles(chosen), fileGuard) {
		t.Errorf("there is a guard on %s:\n%s", chosen.KubernetesVersion, files[fileAdmission])
	}
}
