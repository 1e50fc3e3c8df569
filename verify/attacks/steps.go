package attacks

import (
	"context"
	"errors"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

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
		status := apierrors.APIStatus(nil)
		if err != nil && !errors.As(err, &status) || apierrors.IsUnauthorized(err) || apierrors.IsTooManyRequests(err) {
			return tried, err // the API server said nothing, or that it does not know who asks, or not now
		}
		// Policies are asked after roles, which must have let it pass.
		byPolicy := apierrors.IsForbidden(err) && strings.Contains(err.Error(), policyDenial)
		ask(step.says, byPolicy || !apierrors.IsForbidden(err))
		switch {
		case err == nil:
			trial.Broken(control, "%s may %s", who, step.says)
		case byPolicy:
			trial.Broken(control, "%s may %s by its role, and only a policy of admission stops it", who, step.says)
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
