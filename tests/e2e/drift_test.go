package e2e

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/rampart-iac/rampart/tests/framework"
)

// TestDriftIsFoundAndRepaired takes four controls away by hand, as somebody in a hurry would.
//
//nolint:paralleltest // the stack has one lock, and tenants are without their walls meanwhile
func TestDriftIsFoundAndRepaired(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), againDeadline)
	defer cancel()
	const enforce = "pod-security.kubernetes.io/enforce"
	const blue, green = framework.TenantBlue, framework.TenantGreen
	bindings, roles := cluster.Client.RbacV1().RoleBindings(blue), cluster.Client.RbacV1().Roles(green)
	policies, namespaces := cluster.Client.NetworkingV1().NetworkPolicies(blue), cluster.Client.CoreV1().Namespaces()

	allBindings, err := bindings.List(ctx, metav1.ListOptions{})
	if err != nil || len(allBindings.Items) == 0 {
		t.Fatalf("control: no binding in %s: %v", blue, err)
	}
	allRoles, err := roles.List(ctx, metav1.ListOptions{})
	if err != nil || len(allRoles.Items) == 0 {
		t.Fatalf("control: no role in %s: %v", green, err)
	}
	allPolicies, err := policies.List(ctx, metav1.ListOptions{})
	if err != nil || len(allPolicies.Items) == 0 {
		t.Fatalf("control: no policy in %s: %v", blue, err)
	}
	binding, role, policy := allBindings.Items[0].Name, allRoles.Items[0].Name, allPolicies.Items[0].Name
	for _, remove := range []func() error{
		func() error { return bindings.Delete(ctx, binding, metav1.DeleteOptions{}) },
		func() error { return roles.Delete(ctx, role, metav1.DeleteOptions{}) },
		func() error { return policies.Delete(ctx, policy, metav1.DeleteOptions{}) },
		func() error {
			_, err := namespaces.Patch(ctx, green, types.MergePatchType,
				[]byte(`{"metadata":{"labels":{"`+enforce+`":"privileged"}}}`), metav1.PatchOptions{})
			return err
		},
	} {
		if err := remove(); err != nil {
			t.Fatal(err)
		}
	}

	found, err := product.Run(ctx, "drift")
	if err == nil || found.ExitCode != 1 {
		t.Errorf("exit status %d, want 1: %v", found.ExitCode, err)
	}
	lines := strings.Split(found.Stdout, "\n")
	for _, want := range [][]string{
		{blue, "RoleBinding", "missing"}, {green, "Role ", "missing"}, {blue, "NetworkPolicy", "missing"},
		{green, "Namespace", enforce},
	} {
		if !hasLine(lines, want) {
			t.Errorf("no line with %q in:\n%s", want, found.Stdout)
		}
	}
	if _, err := product.Run(ctx, "up", "--refresh"); err != nil {
		t.Fatal(err)
	}
	if _, err := bindings.Get(ctx, binding, metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := roles.Get(ctx, role, metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := policies.Get(ctx, policy, metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if namespace, err := namespaces.Get(ctx, green, metav1.GetOptions{}); err != nil || namespace.Labels[enforce] != "restricted" {
		t.Errorf("Pod Security of %s: %v, %v", green, namespace.Labels, err)
	}
	if again, err := product.Run(ctx, "drift"); err != nil || !strings.Contains(again.Stdout, "No drift") {
		t.Errorf("after the repair: %v", err)
	}
}

func hasLine(lines, words []string) bool {
	for _, line := range lines {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			return true
		}
	}
	return false
}
