package attacks

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
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
	namespace, err := scope.CommonNamespace(ctx)
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
