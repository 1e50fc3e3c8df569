package attacks

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	admissionclient "k8s.io/client-go/kubernetes/typed/admissionregistration/v1"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func grantAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "shells", Does: "open shells in system pods with every right that roles can give",
			Proves: ids("RMP-ADM-008"), Run: shells,
		}, {
			Name: "grants", Does: "hand out all rights, having them",
			Proves: ids("RMP-ADM-010"), Run: grants,
		}, {
			Name: "ownership", Does: "change and delete what holds the controls, with every right that roles can give",
			Proves: ids("RMP-ADM-011"), Run: ownership,
		}, {
			Name: "guard", Does: "change and delete the policies themselves, with every right that roles can give",
			Proves: ids("RMP-ADM-013"), Run: guard,
		},
	}
}

// officer is somebody to whom a role gives every right and who is no administrator of the cluster: what stops them is
// admission, not roles.
func officer(ctx context.Context, scope *verify.Scope, part string) (kubernetes.Interface, error) {
	name := scope.Name(part)
	bindings := scope.Client.RbacV1().ClusterRoleBindings()
	scope.DeferDelete("cluster role binding "+name,
		func(ctx context.Context) error { return bindings.Delete(ctx, name, metav1.DeleteOptions{}) },
		func(ctx context.Context) error {
			_, err := bindings.Get(ctx, name, metav1.GetOptions{})
			return err
		})
	if _, err := bindings.Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: scope.Labels()},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name}},
	}, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	client, err := acting(scope, rest.ImpersonationConfig{UserName: name, Groups: []string{"system:authenticated"}})
	if err != nil {
		return nil, err
	}
	return client, live.Poll(ctx, "the officer's rights to be known", auditDeadline, func(ctx context.Context) error {
		_, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		return err
	})
}

// shells asks for shells in pods that there are none of: whether one may is asked first.
func shells(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-008"
	client, err := officer(ctx, scope, "shells")
	if err != nil {
		return err
	}
	namespace, err := scope.Namespace(ctx, "shells")
	if err != nil {
		return err
	}
	open := func(namespace, way string) error {
		return client.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").Name("any").SubResource(way).
			Param("command", "id").Param("stdout", "true").Param("ports", "80").Do(ctx).Error()
	}
	ways := []string{"exec", "attach", "portforward"}
	for _, way := range ways {
		err := open(namespace, way)
		if apierrors.IsNotFound(err) {
			err = nil // it was let as far as that
		}
		if err := trial.Control("way in by "+way+" in a namespace that is not protected", err); err != nil {
			return err
		}
		switch err := open(metav1.NamespaceSystem, way); {
		case err == nil, apierrors.IsNotFound(err):
			trial.Broken(control, "whoever has the right gets into pods of kube-system by %s", way)
		case !apierrors.IsForbidden(err):
			return fmt.Errorf("%s: %w", way, err)
		}
	}
	trial.Held(control, "%d ways into pods of kube-system are shut to somebody whose role gives every right", len(ways))
	return nil
}

func grants(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-010"
	client, err := officer(ctx, scope, "grants")
	if err != nil {
		return err
	}
	role := func(ctx context.Context, rule rbacv1.PolicyRule) error {
		_, err := client.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
			ObjectMeta: metav1.ObjectMeta{Name: scope.Name("role")}, Rules: []rbacv1.PolicyRule{rule},
		}, dryRun)
		return err
	}
	bind := func(ctx context.Context, role string, subject rbacv1.Subject) error {
		_, err := client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: scope.Name("binding")},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}, Subjects: []rbacv1.Subject{subject},
		}, dryRun)
		return err
	}
	rule := func(group, resource, verb string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
	}
	somebody := rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: "somebody"}
	everybody := rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: "system:authenticated"}
	if err := trial.Control("a role without a step up is admitted", role(ctx, rule("", "pods", "get"))); err != nil {
		return err
	}
	if err := trial.Control("a binding of a named role to a named user is admitted", bind(ctx, "view", somebody)); err != nil {
		return err
	}
	err = mustBeRefused(ctx, trial, control, []attempt{
		{"a role with a wildcard", func(ctx context.Context) error { return role(ctx, rule("", "pods", "*")) }},
		{"a role that impersonates", func(ctx context.Context) error { return role(ctx, rule("", "users", "impersonate")) }},
		{"a role that escalates", func(ctx context.Context) error {
			return role(ctx, rule(rbacv1.GroupName, "clusterroles", "escalate"))
		}},
		{"a role that reads every Secret", func(ctx context.Context) error { return role(ctx, rule("", "secrets", "list")) }},
		{"a binding to cluster-admin", func(ctx context.Context) error { return bind(ctx, "cluster-admin", somebody) }},
		{"a binding to everybody", func(ctx context.Context) error { return bind(ctx, "view", everybody) }},
	})
	trial.Held(control, "6 grants that lead to all rights are refused to somebody who has them")
	return err
}

// managedBy marks the objects of the product.
const managedBy = "app.kubernetes.io/managed-by=rampart"

func ownership(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-011"
	client, err := officer(ctx, scope, "ownership")
	if err != nil {
		return err
	}
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	if len(namespaces) == 0 {
		return errNoTenants
	}
	namespace, err := scope.Namespace(ctx, "ownership")
	if err != nil {
		return err
	}
	dryDelete := metav1.DeleteOptions{DryRun: dryRun.DryRun}
	policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "own", Labels: scope.Labels()}}
	if _, err := client.NetworkingV1().NetworkPolicies(namespace).Create(ctx, policy, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := trial.Control("somebody's own policy may be deleted",
		client.NetworkingV1().NetworkPolicies(namespace).Delete(ctx, policy.Name, dryDelete)); err != nil {
		return err
	}
	own := metav1.ListOptions{LabelSelector: managedBy}
	var attempts []attempt
	for _, tenant := range namespaces {
		policies, err := scope.Client.NetworkingV1().NetworkPolicies(tenant).List(ctx, own)
		if err != nil {
			return err
		}
		for _, policy := range policies.Items {
			attempts = append(attempts, attempt{"the deletion of network policy " + tenant + "/" + policy.Name,
				func(ctx context.Context) error {
					return client.NetworkingV1().NetworkPolicies(tenant).Delete(ctx, policy.Name, dryDelete)
				}})
		}
		attempts = append(attempts, attempt{"a change of namespace " + tenant + " to privileged", func(ctx context.Context) error {
			object, err := client.CoreV1().Namespaces().Get(ctx, tenant, metav1.GetOptions{})
			if err != nil {
				return err
			}
			object.Labels[enforceLabel] = "privileged"
			return update(ctx, client, object)
		}})
	}
	if err := mustBeRefused(ctx, trial, control, attempts); err != nil {
		return err
	}
	trial.Held(control, "%d changes to what holds the controls are refused to somebody whose role gives every right", len(attempts))
	return nil
}

func update(ctx context.Context, client kubernetes.Interface, namespace *corev1.Namespace) error {
	_, err := client.CoreV1().Namespaces().Update(ctx, namespace, metav1.UpdateOptions{DryRun: dryRun.DryRun})
	return err
}

// guard deletes the policies themselves and their bindings, and takes their label away.
func guard(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-013"
	client, err := officer(ctx, scope, "guard")
	if err != nil {
		return err
	}
	api, dryDelete := client.AdmissionregistrationV1(), metav1.DeleteOptions{DryRun: dryRun.DryRun}
	own := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: scope.Name("guard"), Labels: scope.Labels()},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: scope.Name("none"), ValidationActions: []admissionv1.ValidationAction{admissionv1.Warn},
		},
	}
	bindings := scope.Client.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
	scope.DeferDelete("binding "+own.Name,
		func(ctx context.Context) error { return bindings.Delete(ctx, own.Name, metav1.DeleteOptions{}) },
		func(ctx context.Context) error {
			_, err := bindings.Get(ctx, own.Name, metav1.GetOptions{})
			return err
		})
	if _, err := api.ValidatingAdmissionPolicyBindings().Create(ctx, own, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := trial.Control("somebody's own binding of a policy may be deleted",
		api.ValidatingAdmissionPolicyBindings().Delete(ctx, own.Name, dryDelete)); err != nil {
		return err
	}
	attempts, err := againstPolicies(ctx, api, dryDelete)
	if err != nil {
		return err
	}
	if len(attempts) == 0 {
		trial.Broken(control, "the cluster has no policy that bears the label %s", managedBy)
		return nil
	}
	if err := mustBeRefused(ctx, trial, control, attempts); err != nil {
		return err
	}
	trial.Held(control, "%d changes to policies and their bindings are refused to somebody whose role gives every right",
		len(attempts))
	return nil
}

// againstPolicies are the changes that would take policies out of force.
func againstPolicies(
	ctx context.Context, api admissionclient.AdmissionregistrationV1Interface, dryDelete metav1.DeleteOptions,
) ([]attempt, error) {
	own := metav1.ListOptions{LabelSelector: managedBy}
	policies, err := api.ValidatingAdmissionPolicies().List(ctx, own)
	if err != nil {
		return nil, err
	}
	bindings, err := api.ValidatingAdmissionPolicyBindings().List(ctx, own)
	if err != nil {
		return nil, err
	}
	var attempts []attempt
	for _, policy := range policies.Items {
		attempts = append(attempts, attempt{"the deletion of policy " + policy.Name, func(ctx context.Context) error {
			return api.ValidatingAdmissionPolicies().Delete(ctx, policy.Name, dryDelete)
		}})
	}
	for _, binding := range bindings.Items {
		attempts = append(attempts,
			attempt{"the deletion of binding " + binding.Name, func(ctx context.Context) error {
				return api.ValidatingAdmissionPolicyBindings().Delete(ctx, binding.Name, dryDelete)
			}},
			attempt{"a change of binding " + binding.Name + " to a warning, without its label", func(ctx context.Context) error {
				changed := binding.DeepCopy()
				changed.Labels, changed.Spec.ValidationActions = nil, []admissionv1.ValidationAction{admissionv1.Warn}
				_, err := api.ValidatingAdmissionPolicyBindings().Update(ctx, changed, metav1.UpdateOptions{DryRun: dryRun.DryRun})
				return err
			}})
	}
	return attempts, nil
}
