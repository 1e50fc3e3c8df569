package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/apiserver/component"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attacks"
	"github.com/rampart-iac/rampart/verify/live"
)

// TestRulesOfImagesAreToldApart takes the rules of the image policy away, one at a time, and wants to be told of the control
// that each is there for and of no other: an image with a moving tag has no digest, either, and is refused all the same.
func TestRulesOfImagesAreToldApart(t *testing.T) {
	t.Parallel()
	server := apiserver.MustStart(t, apiserver.Settings{
		Flags: map[string][]string{"disable-admission-plugins": {"AlwaysDeny"}},
	})
	cluster := inhabited(t, server)
	if err := component.Install(t.Context(), server, func(ctx *pulumi.Context) error {
		_, err := admission.NewImagePolicy(ctx, "images", &admission.ImagePolicyArgs{
			AllowedRegistries: []string{"registry.k8s.io"}, DigestRequired: true,
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	policies := server.Client.AdmissionregistrationV1().ValidatingAdmissionPolicies()
	whole, err := policies.Get(t.Context(), admission.ImagePolicyName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ rule, broken string }{
		{"malformed", "RMP-IMG-001"}, {"foreign", "RMP-IMG-001"}, {"moving", "RMP-IMG-002"}, {"undigested", "RMP-IMG-003"},
		{"", ""},
	} {
		current, err := policies.Get(t.Context(), whole.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		current.Spec.Validations = slices.DeleteFunc(slices.Clone(whole.Spec.Validations), func(each admissionv1.Validation) bool {
			return row.rule != "" && strings.Contains(each.Expression, "variables."+row.rule+")")
		})
		if left, want := len(current.Spec.Validations), len(whole.Spec.Validations); row.rule != "" && left != want-1 {
			t.Fatalf("without rule %q there are %d of %d", row.rule, left, want)
		}
		current.Spec.Validations = append(current.Spec.Validations, admissionv1.Validation{
			Expression: `object.metadata.name != "` + marker + row.rule + `"`, Message: marker,
		})
		if _, err := policies.Update(t.Context(), current, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		holds(t, cluster, row.rule)
		report, err := verify.Run(t.Context(), cluster, verify.Options{
			Attacks: attacks.All(), Controls: []baseline.ControlID{"RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003"}, Baseline: everythingAsked(t),
		})
		if err != nil {
			t.Fatal(err)
		}
		var broken []string
		for _, result := range report.Results {
			if result.Verdict == verify.Failed {
				broken = append(broken, string(result.Control))
			}
			t.Logf("without %q: %s %s: %s", row.rule, result.Control, result.Verdict, result.Evidence)
		}
		if got := strings.Join(broken, " "); got != row.broken {
			t.Errorf("without rule %q: %q failed, want %q", row.rule, got, row.broken)
		}
	}
}

// marker is the start of the names of pods by which one sees that the API server goes by a changed policy.
const marker = "policy-without-rule"

// holds waits until the API server has taken notice of the policy without a rule.
func holds(t *testing.T, cluster *live.Cluster, rule string) {
	t.Helper()
	framework.Eventually(t, "the policy without rule "+rule, time.Minute, func(ctx context.Context) error {
		pod := cluster.DecentPod("blue", marker+rule)
		_, err := cluster.Client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil {
			return errors.New("it is not held yet")
		}
		if !strings.Contains(err.Error(), marker) {
			return err
		}
		return nil
	})
}
