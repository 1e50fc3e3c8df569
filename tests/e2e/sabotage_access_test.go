package e2e

import (
	"context"
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	rbacclient "k8s.io/client-go/kubernetes/typed/rbac/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

func accessSabotages() [][]sabotage {
	roles := func() rbacclient.RbacV1Interface { return cluster.Client.RbacV1() }
	nobody := []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: "nobody"}}
	meta := metav1.ObjectMeta{Name: "e2e-sabotage"}
	bindForAll := func(name, role string, subject rbacv1.Subject) func(*testing.T) func(context.Context) error {
		return func(t *testing.T) func(context.Context) error {
			t.Helper()
			if _, err := roles().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: name},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
				Subjects:   []rbacv1.Subject{subject},
			}, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context) error {
				return roles().ClusterRoleBindings().Delete(ctx, name, metav1.DeleteOptions{})
			}
		}
	}
	return [][]sabotage{{
		{"a tenant gets a role with a wildcard", func(t *testing.T) func(context.Context) error {
			t.Helper()
			rule := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"*"}}
			_, err := roles().Roles(framework.TenantBlue).Create(t.Context(),
				&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{rule}}, metav1.CreateOptions{})
			if err == nil {
				_, err = roles().RoleBindings(framework.TenantBlue).Create(t.Context(), &rbacv1.RoleBinding{
					ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name}, Subjects: nobody,
				}, metav1.CreateOptions{})
			}
			if err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context) error {
				if err := roles().RoleBindings(framework.TenantBlue).Delete(ctx, meta.Name, metav1.DeleteOptions{}); err != nil {
					return err
				}
				return roles().Roles(framework.TenantBlue).Delete(ctx, meta.Name, metav1.DeleteOptions{})
			}
		}, ids("RMP-ACC-001"), nil},
		{"a tenant's account may look into all namespaces", bindForAll("e2e-all", "view", rbacv1.Subject{
			Kind: rbacv1.ServiceAccountKind, Namespace: framework.TenantBlue, Name: "tenant",
		}), ids("RMP-ACC-002"), nil},
		{"the default account mounts its token", mountsToken("default"), ids("RMP-ACC-003"), nil},
		{"a tenant's account mounts its token", mountsToken("tenant"), ids("RMP-ACC-004"), nil},
		{"the viewer's role has a wildcard", widen("rampart:viewer",
			rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"*"}}), ids("RMP-ACC-005"), nil},
		{"the auditor reads Secrets", widen("rampart:auditor",
			rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"list"}}), ids("RMP-ACC-006"), nil},
		{"the emergency never ends", bindForAll("e2e-emergency", "view", rbacv1.Subject{
			Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: "rampart:break-glass",
		}), ids("RMP-ACC-007"), nil},
	}, {
		// A policy of admission still keeps him out; his role does not.
		{"the viewer's role opens shells", widen("rampart:viewer",
			rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create"}}), ids("RMP-ACC-006"), nil},
	}}
}

// mountsToken has an account of blue mount its token into every pod.
func mountsToken(name string) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		set := func(ctx context.Context, value string) error {
			_, err := cluster.Client.CoreV1().ServiceAccounts(framework.TenantBlue).Patch(ctx, name, types.MergePatchType,
				[]byte(`{"automountServiceAccountToken":`+value+`}`), metav1.PatchOptions{})
			return err
		}
		if err := set(t.Context(), "true"); err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) error { return set(ctx, "false") }
	}
}

// widen gives a cluster role one rule more.
func widen(name string, rule rbacv1.PolicyRule) func(*testing.T) func(context.Context) error {
	return func(t *testing.T) func(context.Context) error {
		t.Helper()
		roles := cluster.Client.RbacV1().ClusterRoles()
		role, err := roles.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		before := slices.Clone(role.Rules)
		role.Rules = append(role.Rules, rule)
		if _, err := roles.Update(t.Context(), role, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		return func(ctx context.Context) error {
			role, err := roles.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			role.Rules = before
			_, err = roles.Update(ctx, role, metav1.UpdateOptions{})
			return err
		}
	}
}
