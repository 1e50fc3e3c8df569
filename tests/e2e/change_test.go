package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestChangeThatNeedsANewClusterIsRefused changes what a standing cluster cannot change, and its name, which makes it another
// one to the engine. Each run fails, says which input it is and what to do, and the cluster is as it was.
//
//nolint:paralleltest // the stack has one lock
func TestChangeThatNeedsANewClusterIsRefused(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), againDeadline)
	defer cancel()
	before, err := cluster.Client.CoreV1().Namespaces().Get(ctx, "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for input, row := range map[string]struct{ value, named string }{
		"podCIDR": {"10.222.0.0/16", "podSubnet"}, "name": {"e2e-another", "rampart:cluster.name"},
	} {
		configure(t, func(config map[string]any) {
			config["rampart:cluster"].(map[string]any)[input] = row.value
		})
		result, err := product.Up(ctx)
		if err == nil || result.ExitCode != 1 {
			t.Fatalf("%s: exit status %d, want 1: %v", input, result.ExitCode, err)
		}
		for _, want := range []string{row.named, product.Cluster, "destroy"} {
			if !strings.Contains(result.Output(), want) {
				t.Errorf("%s: does not say %q:\n%s", input, want, result)
			}
		}
	}
	after, err := cluster.Client.CoreV1().Namespaces().Get(ctx, "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if before.UID != after.UID {
		t.Error("the cluster was replaced")
	}
}

// TestTenantsAndGrantsComeAndGo adds a tenant to a standing cluster, and the right to break the glass, and takes both away again; the
// others stay.
//
//nolint:paralleltest // the stack has one lock
func TestTenantsAndGrantsComeAndGo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), againDeadline)
	defer cancel()
	const newcomer = "red"
	grantEnds := time.Now().Add(30 * time.Minute).UTC().Truncate(time.Second)
	namespaces := cluster.Client.CoreV1().Namespaces()
	t.Run("come", func(t *testing.T) { //nolint:paralleltest // the stack has one lock
		configure(t, func(config map[string]any) {
			config["rampart:tenants"] = append(config["rampart:tenants"].([]map[string]any), map[string]any{"name": newcomer})
			config["rampart:access"] = map[string]any{"breakGlass": map[string]any{
				"reason": "a test", "owner": "nobody", "expires": grantEnds.Format(time.RFC3339),
			}}
		})
		if _, err := product.Up(ctx); err != nil {
			t.Fatal(err)
		}
		policies, err := cluster.Client.NetworkingV1().NetworkPolicies(newcomer).List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(policies.Items) == 0 {
			t.Error("the new tenant is not isolated")
		}
		breakTheGlass(t, grantEnds)
	})
	if _, err := product.Up(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := namespaces.Get(ctx, newcomer, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the tenant that left is still there: %v", err)
	}
	const glass = "rampart:break-glass"
	if _, err := cluster.Client.RbacV1().ClusterRoles().Get(ctx, glass, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the grant was taken out and its role is still there: %v", err)
	}
	if _, err := cluster.Client.RbacV1().ClusterRoleBindings().Get(ctx, glass, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the grant was taken out and its binding is still there: %v", err)
	}
	for _, tenant := range []string{"blue", "green"} {
		if _, err := namespaces.Get(ctx, tenant, metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	}
}

// breakTheGlass uses the grant: the certificate ends with it, and reads what no other persona may.
func breakTheGlass(t *testing.T, grantEnds time.Time) {
	t.Helper()
	client, certificate := persona(t, "--as", "break-glass")
	if certificate.NotAfter.After(grantEnds) || certificate.NotAfter.Before(grantEnds.Add(-5*time.Minute)) {
		t.Errorf("the certificate ends at %s, the grant at %s", certificate.NotAfter, grantEnds)
	}
	if _, err := client.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{Limit: 1}); err != nil {
		t.Errorf("control: break-glass cannot read secrets: %v", err)
	}
	admin := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"}
	_, err := client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "e2e-intruder"}, RoleRef: admin,
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "rampart:break-glass"}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if !apierrors.IsForbidden(err) {
		t.Errorf("break-glass gives itself the cluster for good: %v", err)
	}
}

// configure changes the stack file for the rest of a test.
func configure(t *testing.T, change func(config map[string]any)) {
	t.Helper()
	config := product.Config()
	change(config)
	if err := product.Configure(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := product.Configure(product.Config()); err != nil {
			t.Error(err)
		}
	})
}
