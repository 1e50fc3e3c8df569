package attacks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/verify"
)

// clusterPersonas have rights for the whole cluster. Break-glass is left out: it is meant to have these rights.
var clusterPersonas = []string{"viewer", "operator", "auditor"}

// namespacePersonas have rights in a tenant's namespace.
var namespacePersonas = []string{"viewer", "developer", "operator"}

// personas acts as each persona, for the cluster and for a tenant.
func personas(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	if len(namespaces) == 0 {
		return errNoTenants
	}
	own, other := namespaces[0], namespaces[len(namespaces)-1]
	if own == other {
		other = "default"
	}
	groups := map[string]string{}
	for _, persona := range clusterPersonas {
		groups["rampart:"+persona] = ""
	}
	for _, persona := range namespacePersonas {
		groups["rampart:"+own+":"+persona] = own
	}
	tried := 0
	for group, namespace := range groups {
		client, err := acting(scope, rest.ImpersonationConfig{
			UserName: scope.Name("persona"), Groups: []string{group, "system:authenticated"},
		})
		if err != nil {
			return err
		}
		_, err = client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err := trial.Control("group "+group+" lists pods", err); err != nil {
			return err
		}
		steps, err := climb(ctx, trial, "RMP-ACC-006", "group "+group, client, own, other)
		if err == nil {
			err = usualRights(ctx, trial, "group "+group, client, namespace)
		}
		if err != nil {
			return err
		}
		tried += steps
	}
	trial.Held("RMP-ACC-006", "%d steps up are refused to %d personas", tried, len(groups))
	return personaWildcards(ctx, scope, trial)
}

// personaWildcards reads what personas are given.
func personaWildcards(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	bindings, err := scope.Client.RbacV1().ClusterRoleBindings().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	rules := 0
	for _, binding := range bindings.Items {
		ours := slices.ContainsFunc(binding.Subjects, func(subject rbacv1.Subject) bool {
			return strings.HasPrefix(subject.Name, "rampart:") && subject.Name != "rampart:break-glass"
		})
		if !ours {
			continue
		}
		granted, err := grantedBy(ctx, scope, "", binding.RoleRef)
		if err != nil {
			return err
		}
		for _, rule := range granted {
			rules++
			if slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
				trial.Broken("RMP-ACC-005", "%s, bound by %s, has a wildcard: %v of %v",
					binding.RoleRef.Name, binding.Name, rule.Verbs, rule.Resources)
			}
		}
	}
	if rules == 0 {
		return fmt.Errorf("no role is bound to a persona for the whole cluster")
	}
	trial.Held("RMP-ACC-005", "%d personas see what is theirs, and none of their %d rules for the whole cluster has a wildcard",
		len(clusterPersonas)+len(namespacePersonas), rules)
	return nil
}
