package attacks

import (
	"context"
	"errors"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

func accessAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "tenant-wildcards", Does: "look for wildcards in what tenants may do",
			Proves: ids("RMP-ACC-001"), Run: tenantWildcards,
		}, {
			Name: "tenant-token", Does: "step out and up with a tenant's own token",
			Proves: ids("RMP-ACC-002"), Run: tenantToken,
		}, {
			Name: "mounted-tokens", Does: "start pods of tenants and look for tokens in them",
			Proves: ids("RMP-ACC-003", "RMP-ACC-004"), Needs: []verify.Need{verify.NeedPods}, Run: mountedTokens,
		}, {
			Name: "personas", Does: "step up as every persona",
			Proves: ids("RMP-ACC-005", "RMP-ACC-006"), Run: personas,
		},
	}
}

// errNoTenants says that the cluster has nobody whose rights could be attacked.
var errNoTenants = errors.New("the cluster has no tenants: no namespace has the label " + tenantLabel)

// bound is an account of a tenant that a role is bound to.
type bound struct{ namespace, account string }

// boundAccounts returns for each tenant an account of its own that a role is bound to. A tenant whose role is for people
// only has none.
func boundAccounts(ctx context.Context, scope *verify.Scope) ([]bound, error) {
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return nil, err
	}
	if len(namespaces) == 0 {
		return nil, errNoTenants
	}
	var accounts []bound
	for _, namespace := range namespaces {
		bindings, err := scope.Client.RbacV1().RoleBindings(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for _, binding := range bindings.Items {
			for _, subject := range binding.Subjects {
				if subject.Kind == rbacv1.ServiceAccountKind && subject.Namespace == namespace {
					accounts = append(accounts, bound{namespace, subject.Name})
				}
			}
		}
	}
	return accounts, nil
}

func tenantWildcards(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ACC-001"
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	if len(namespaces) == 0 {
		return errNoTenants
	}
	rules := 0
	for _, namespace := range namespaces {
		bindings, err := scope.Client.RbacV1().RoleBindings(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, binding := range bindings.Items {
			granted, err := grantedBy(ctx, scope, namespace, binding.RoleRef)
			if err != nil {
				return err
			}
			for _, rule := range granted {
				rules++
				if slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
					trial.Broken(control, "%s %s, bound by %s/%s, has a wildcard: %v of %v",
						binding.RoleRef.Kind, binding.RoleRef.Name, namespace, binding.Name, rule.Verbs, rule.Resources)
				}
			}
		}
	}
	if rules == 0 {
		err = errors.New("nothing is bound in any tenant's namespace")
	}
	if err := trial.Control("tenants have roles", err); err != nil {
		return err
	}
	trial.Held(control, "none of the %d rules that are bound in %d tenants' namespaces has a wildcard", rules, len(namespaces))
	return nil
}

// grantedBy returns the rules of a role. One that does not exist grants nothing.
func grantedBy(ctx context.Context, scope *verify.Scope, namespace string, ref rbacv1.RoleRef) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	var err error
	if ref.Kind == "ClusterRole" {
		var role *rbacv1.ClusterRole
		if role, err = scope.Client.RbacV1().ClusterRoles().Get(ctx, ref.Name, metav1.GetOptions{}); err == nil {
			rules = role.Rules
		}
	} else {
		var role *rbacv1.Role
		if role, err = scope.Client.RbacV1().Roles(namespace).Get(ctx, ref.Name, metav1.GetOptions{}); err == nil {
			rules = role.Rules
		}
	}
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return rules, err
}

// tenantToken does with a token of each tenant's own account what an intruder in one of its pods would.
func tenantToken(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ACC-002"
	accounts, err := boundAccounts(ctx, scope)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return errors.New("no role is bound to an account of any tenant")
	}
	tried := 0
	for i, account := range accounts {
		request, err := scope.Client.CoreV1().ServiceAccounts(account.namespace).CreateToken(
			ctx, account.account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		client, err := scope.As(request.Status.Token)
		if err != nil {
			return err
		}
		_, err = client.CoreV1().Pods(account.namespace).List(ctx, metav1.ListOptions{})
		if err := trial.Control("the account of "+account.namespace+" lists its own pods", err); err != nil {
			return err
		}
		other := accounts[(i+1)%len(accounts)].namespace
		if other == account.namespace {
			other = "default"
		}
		steps, err := climb(ctx, trial, control, "the account of "+account.namespace, client, account.namespace, other)
		if err != nil {
			return err
		}
		tried += steps
		if err := usualRights(ctx, trial, "the account of "+account.namespace, client, account.namespace); err != nil {
			return err
		}
		// The other tenant's workloads are none of its business, either.
		switch _, err := client.CoreV1().Pods(other).List(ctx, metav1.ListOptions{}); {
		case err == nil:
			trial.Broken(control, "the account of %s may list the pods of %s", account.namespace, other)
		case !apierrors.IsForbidden(err):
			return err
		}
	}
	trial.Held(control, "%d steps out and up are refused to the tokens of %s", tried, number(len(accounts), "tenant", "tenants"))
	return nil
}

// unaskedTokenDenial is how the policy of workloads refuses a pod whose account mounts a token into it.
const unaskedTokenDenial = "mounts a token which it did not ask for"

// mountedTokens asks the API server to complete pods and looks for tokens in what it would store.
func mountedTokens(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	accounts, err := boundAccounts(ctx, scope)
	if err != nil {
		return err
	}
	mounted := func(namespace, account string, asked *bool) (bool, error) {
		pod := scope.DecentPod(namespace, scope.Name("token"))
		pod.Spec.ServiceAccountName, pod.Spec.AutomountServiceAccountToken = account, asked
		made, err := scope.Client.CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
		if apierrors.IsForbidden(err) && strings.Contains(err.Error(), unaskedTokenDenial) {
			// The account does mount its token; a policy saw it in time.
			return true, nil
		}
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(made.Spec.Containers[0].VolumeMounts, func(mount corev1.VolumeMount) bool {
			return strings.HasPrefix(mount.MountPath, "/var/run/secrets/kubernetes.io")
		}), nil
	}
	if len(accounts) == 0 {
		return errors.New("no role is bound to an account of any tenant")
	}
	for _, account := range accounts {
		yes := true
		asked, err := mounted(account.namespace, account.account, &yes)
		if err == nil && !asked {
			err = errors.New("it does not")
		}
		if err := trial.Control("a pod that asks for a token gets one", err); err != nil {
			return err
		}
		for control, name := range map[baseline.ControlID]string{"RMP-ACC-003": "default", "RMP-ACC-004": account.account} {
			got, err := mounted(account.namespace, name, nil)
			if err != nil {
				return err
			}
			if got {
				trial.Broken(control, "account %s/%s mounts its token into pods that do not ask for it", account.namespace, name)
			}
			trial.Held(control, "a pod of account %s in %s that asks for no token gets none", name,
				number(len(accounts), "tenant", "tenants"))
		}
	}
	return nil
}
