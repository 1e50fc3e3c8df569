package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/rampart-iac/rampart/tests/framework"
)

func admissionSabotages() [][]sabotage {
	return [][]sabotage{{
		{"a tenant's namespace is labelled privileged", label("privileged"), ids("RMP-ADM-001", "RMP-ADM-002", "RMP-TEN-001"), nil},
		{"a tenant's quota is gone", dropQuota, ids("RMP-TEN-003"), nil},
		{"a tenant's limits are gone", dropLimits, ids("RMP-TEN-004"), nil},
	}, {
		{"a tenant's namespace is labelled baseline", label("baseline"), ids("RMP-ADM-002", "RMP-TEN-001"), nil},
		{"a policy fails open", failOpen, ids("RMP-ADM-003"), named("sabotage.e2e")},
		{"the token policy is unbound", unbind("tokens"), ids("RMP-ADM-003", "RMP-ADM-004"), named("tokens")},
		{"the image policy does not ask where images come from", forget("images", "foreign"), ids("RMP-IMG-001"), nil},
	}, {
		{"the image policy is unbound", unbind("images"),
			ids("RMP-ADM-003", "RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003"), named("images")},
		{"the workload policy is unbound", unbind("workloads"),
			ids("RMP-ADM-003", "RMP-ADM-004", "RMP-ADM-005", "RMP-ADM-006", "RMP-ADM-007"), named("workloads")},
		{"the policy of ways into pods is unbound", unbind("pod-access"), ids("RMP-ADM-003", "RMP-ADM-008"), named("pod-access")},
		{"the exposure policy is unbound", unbind("exposure"), ids("RMP-ADM-003", "RMP-ADM-009"), named("exposure")},
		{"the policy of grants is unbound", unbind("grants"), ids("RMP-ADM-003", "RMP-ADM-010"), named("grants")},
		{"the ownership policy is unbound", unbind("ownership"), ids("RMP-ADM-003", "RMP-ADM-011"), named("ownership")},
	}}
}

// named is evidence that names something.
func named(what ...string) []string { return what }

// label changes what blue's namespace is held to.
func label(level string) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		set := func(ctx context.Context, level string) error {
			_, err := cluster.Client.CoreV1().Namespaces().Patch(ctx, framework.TenantBlue, types.MergePatchType,
				[]byte(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"`+level+`"}}}`), metav1.PatchOptions{})
			return err
		}
		if err := set(t.Context(), level); err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) error { return set(ctx, "restricted") }
	}
}

// failOpen adds a policy that is about nothing and lets through what it cannot decide.
func failOpen(t *testing.T) func(context.Context) error {
	t.Helper()
	ignore := admissionv1.Ignore
	api, meta := cluster.Client.AdmissionregistrationV1(), metav1.ObjectMeta{Name: "sabotage.e2e"}
	_, err := api.ValidatingAdmissionPolicies().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: meta,
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: &ignore,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{"e2e"}, APIVersions: []string{"v1"}, Resources: []string{"nothings"}},
				},
			}}},
			Validations: []admissionv1.Validation{{Expression: "true"}},
		},
	}, metav1.CreateOptions{})
	if err == nil {
		_, err = api.ValidatingAdmissionPolicyBindings().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicyBinding{
			ObjectMeta: meta, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName: meta.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		if err := api.ValidatingAdmissionPolicyBindings().Delete(ctx, meta.Name, metav1.DeleteOptions{}); err != nil {
			return err
		}
		return api.ValidatingAdmissionPolicies().Delete(ctx, meta.Name, metav1.DeleteOptions{})
	}
}

// unbind deletes the binding of a policy.
func unbind(policy string) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		name := policy + ".rampart.dev"
		bindings := cluster.Client.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
		binding, err := bindings.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := bindings.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settleTime)
		return func(ctx context.Context) error {
			defer time.Sleep(settleTime)
			binding.ResourceVersion, binding.UID = "", ""
			_, err := bindings.Create(ctx, binding, metav1.CreateOptions{})
			return err
		}
	}
}

// forget has a policy hold nobody to one of its rules any more.
func forget(policy, rule string) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		policies := cluster.Client.AdmissionregistrationV1().ValidatingAdmissionPolicies()
		set := func(ctx context.Context, change func(*admissionv1.ValidatingAdmissionPolicy)) error {
			defer time.Sleep(settleTime)
			object, err := policies.Get(ctx, policy+".rampart.dev", metav1.GetOptions{})
			if err != nil {
				return err
			}
			change(object)
			_, err = policies.Update(ctx, object, metav1.UpdateOptions{})
			return err
		}
		var before []admissionv1.Validation
		if err := set(t.Context(), func(object *admissionv1.ValidatingAdmissionPolicy) {
			before = slices.Clone(object.Spec.Validations)
			object.Spec.Validations = slices.DeleteFunc(object.Spec.Validations, func(each admissionv1.Validation) bool {
				return strings.Contains(each.Expression, "variables."+rule+")")
			})
			if len(object.Spec.Validations) != len(before)-1 {
				t.Fatalf("policy %s has %d rules of %s", policy, len(before)-len(object.Spec.Validations), rule)
			}
		}); err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) error {
			return set(ctx, func(object *admissionv1.ValidatingAdmissionPolicy) { object.Spec.Validations = before })
		}
	}
}

// settleTime is how long the API server takes at most to notice a binding.
const settleTime = 2 * time.Second

func dropQuota(t *testing.T) func(context.Context) error {
	t.Helper()
	quotas := cluster.Client.CoreV1().ResourceQuotas(framework.TenantBlue)
	quota, err := quotas.Get(t.Context(), "tenant", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := quotas.Delete(t.Context(), quota.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		quota.ResourceVersion, quota.UID = "", ""
		_, err := quotas.Create(ctx, quota, metav1.CreateOptions{})
		return err
	}
}

func dropLimits(t *testing.T) func(context.Context) error {
	t.Helper()
	ranges := cluster.Client.CoreV1().LimitRanges(framework.TenantBlue)
	limits, err := ranges.Get(t.Context(), "tenant", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ranges.Delete(t.Context(), limits.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		limits.ResourceVersion, limits.UID = "", ""
		_, err := ranges.Create(ctx, limits, metav1.CreateOptions{})
		return err
	}
}
