package attacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

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

// step is something that somebody must be refused. Nothing is stored if it is not.
type step struct {
	says string
	take func(context.Context, kubernetes.Interface) error
}

// stepsUp are the ways from some rights to more, as a tenant or as anybody who is no administrator.
func stepsUp(own, other string) []step {
	meta := metav1.ObjectMeta{Name: "rampart-verify-intruder"}
	admin := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"}
	self := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: own, Name: "default"}}
	dryDelete := metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
	all := rbacv1.PolicyRule{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}
	return []step{
		{"read the Secrets of all namespaces", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.CoreV1().Secrets("").List(ctx, metav1.ListOptions{})
			return err
		}},
		{"read the Secrets of another namespace", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.CoreV1().Secrets(other).List(ctx, metav1.ListOptions{})
			return err
		}},
		{"read the Secrets of kube-system", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.CoreV1().Secrets("kube-system").List(ctx, metav1.ListOptions{})
			return err
		}},
		{"bind cluster-admin to itself for the cluster", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.RbacV1().ClusterRoleBindings().Create(ctx,
				&rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: admin, Subjects: self}, dryRun)
			return err
		}},
		{"bind cluster-admin to itself in its namespace", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.RbacV1().RoleBindings(own).Create(ctx,
				&rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: admin, Subjects: self}, dryRun)
			return err
		}},
		{"make a role that may do everything", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.RbacV1().Roles(own).Create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{all}}, dryRun)
			return err
		}},
		{"take another account's token", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.CoreV1().ServiceAccounts("kube-system").CreateToken(ctx, "default", &authenticationv1.TokenRequest{}, dryRun)
			return err
		}},
		{"open a shell in a system pod", func(ctx context.Context, c kubernetes.Interface) error {
			return c.CoreV1().RESTClient().Post().Namespace("kube-system").Resource("pods").Name("etcd").SubResource("exec").
				Param("command", "id").Param("stdout", "true").Do(ctx).Error()
		}},
		{"go to a kubelet through the API server", func(ctx context.Context, c kubernetes.Interface) error {
			return c.CoreV1().RESTClient().Get().Resource("nodes").Name("any").SubResource("proxy").Suffix("pods").Do(ctx).Error()
		}},
		{"delete network policies", func(ctx context.Context, c kubernetes.Interface) error {
			return c.NetworkingV1().NetworkPolicies(own).DeleteCollection(ctx, dryDelete, metav1.ListOptions{})
		}},
		{"delete admission policies", func(ctx context.Context, c kubernetes.Interface) error {
			return c.AdmissionregistrationV1().ValidatingAdmissionPolicies().DeleteCollection(ctx, dryDelete, metav1.ListOptions{})
		}},
		{"relax the Pod Security of its namespace", func(ctx context.Context, c kubernetes.Interface) error {
			_, err := c.CoreV1().Namespaces().Update(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Name: own, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "privileged"},
			}}, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		}},
	}
}

// rights are those that hand out rights. Some are on resources that exist in questions only.
var rights = []authorizationv1.ResourceAttributes{
	{Verb: "escalate", Group: rbacv1.GroupName, Resource: "roles"},
	{Verb: "escalate", Group: rbacv1.GroupName, Resource: "clusterroles"},
	{Verb: "bind", Group: rbacv1.GroupName, Resource: "roles"},
	{Verb: "bind", Group: rbacv1.GroupName, Resource: "clusterroles"},
	{Verb: "impersonate", Resource: "users"},
	{Verb: "impersonate", Resource: "groups"},
	{Verb: "impersonate", Resource: "serviceaccounts"},
	{Verb: "create", Resource: "serviceaccounts", Subresource: "token"},
	{Verb: "approve", Group: "certificates.k8s.io", Resource: "signers"},
	{Verb: "sign", Group: "certificates.k8s.io", Resource: "signers"},
	{Verb: "update", Group: "certificates.k8s.io", Resource: "certificatesigningrequests", Subresource: "approval"},
	{Verb: "get", Resource: "nodes", Subresource: "proxy"},
	{Verb: "create", Resource: "nodes", Subresource: "proxy"},
	{Verb: "create", Resource: "persistentvolumes"},
	{Verb: "create", Group: "admissionregistration.k8s.io", Resource: "mutatingwebhookconfigurations"},
}

// climb takes every step and asks for every right as somebody, and says which were given.
func climb(
	ctx context.Context, trial *verify.Trial, control baseline.ControlID, who string, client kubernetes.Interface, own, other string,
) (tried int, err error) {
	ask := func(action string, given bool) {
		trial.Asked(verify.Right{Who: whoIs(who), Action: action, Forbidden: true, Given: given})
	}
	for _, step := range stepsUp(own, other) {
		tried++
		err := step.take(ctx, client)
		ask(step.says, !apierrors.IsForbidden(err))
		switch {
		case err == nil:
			trial.Broken(control, "%s may %s", who, step.says)
		case !apierrors.IsForbidden(err):
			// It got past the question whether it may.
			trial.Broken(control, "%s may %s: it gets as far as %v", who, step.says, err)
		}
	}
	for _, right := range rights {
		for _, namespace := range []string{own, ""} {
			tried++
			right.Namespace = namespace
			review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx,
				&authorizationv1.SelfSubjectAccessReview{
					Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &right},
				}, metav1.CreateOptions{})
			if err != nil {
				return tried, err
			}
			ask(rightIn(right), review.Status.Allowed)
			if review.Status.Allowed {
				trial.Broken(control, "%s may %s %s/%s in namespace %q", who, right.Verb, right.Resource, right.Subresource, namespace)
			}
		}
	}
	return tried, nil
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
		if _, err := client.CoreV1().Pods(other).List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			trial.Broken(control, "the account of %s may list the pods of %s", account.namespace, other)
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
