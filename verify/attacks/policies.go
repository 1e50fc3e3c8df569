package attacks

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

func policyAttacks() []verify.Attack {
	return []verify.Attack{{
		Name: "admission-in-process", Does: "look for admission that fails open or is decided elsewhere",
		Proves: ids("RMP-ADM-003"), Run: inProcess,
	}}
}

// inProcess reads the policies: one cannot make an expression fail from outside.
func inProcess(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-003"
	api := scope.Client.AdmissionregistrationV1()
	policies, err := api.ValidatingAdmissionPolicies().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	bindings, err := api.ValidatingAdmissionPolicyBindings().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(policies.Items) == 0 {
		trial.Broken(control, "the cluster has no admission policy of its own")
		return nil
	}
	if err := trial.Control("policies are seen", nil); err != nil {
		return err
	}
	enforced := 0
	for _, policy := range policies.Items {
		denies := slices.ContainsFunc(bindings.Items, func(binding admissionv1.ValidatingAdmissionPolicyBinding) bool {
			return binding.Spec.PolicyName == policy.Name && slices.Contains(binding.Spec.ValidationActions, admissionv1.Deny)
		})
		if !denies {
			trial.Broken(control, "policy %s is not bound to deny anything", policy.Name)
			continue
		}
		enforced++
		if failure := policy.Spec.FailurePolicy; failure != nil && *failure != admissionv1.Fail {
			trial.Broken(control, "policy %s lets through what it cannot decide", policy.Name)
		}
	}
	if err := noWebhooks(ctx, scope, trial, control); err != nil {
		return err
	}
	trial.Held(control, "%s bad requests and fail closed, inside the API server; no webhook is about pods (read, not attacked)",
		number(enforced, "policy refuses", "policies refuse"))
	return nil
}

// noWebhooks looks for admission of pods that is decided outside the API server.
func noWebhooks(ctx context.Context, scope *verify.Scope, trial *verify.Trial, control baseline.ControlID) error {
	api := scope.Client.AdmissionregistrationV1()
	validating, err := api.ValidatingWebhookConfigurations().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, configuration := range validating.Items {
		for _, webhook := range configuration.Webhooks {
			if ofPods(webhook.Rules) {
				trial.Broken(control, "webhook %s decides about pods outside the API server", webhook.Name)
			}
		}
	}
	mutating, err := api.MutatingWebhookConfigurations().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, configuration := range mutating.Items {
		for _, webhook := range configuration.Webhooks {
			if ofPods(webhook.Rules) {
				trial.Broken(control, "webhook %s changes pods outside the API server", webhook.Name)
			}
		}
	}
	return nil
}

func ofPods(rules []admissionv1.RuleWithOperations) bool {
	return slices.ContainsFunc(rules, func(rule admissionv1.RuleWithOperations) bool {
		return slices.ContainsFunc(rule.Resources, func(resource string) bool {
			return slices.Contains([]string{"pods", "pods/*", "*", "*/*"}, resource)
		})
	})
}
