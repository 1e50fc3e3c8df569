package attacks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// footprint is something that was done and must be in the log.
type footprint struct {
	says  string
	match func(auditEvent) bool
}

// auditFootprints acts with an account of its own and looks for who did what to which object with which outcome.
func auditFootprints(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	node := scope.ControlPlane()
	folder, err := auditFolder(ctx, node)
	if errors.Is(err, errNoAuditLog) {
		trial.Broken("RMP-AUD-001", "%v", err)
		return err // nothing can be said of what is in it
	}
	if err != nil {
		return err
	}
	namespace, err := scope.Namespace(ctx, "audit")
	if err != nil {
		return err
	}
	user, token, err := intruder(ctx, scope, namespace)
	if err != nil {
		return err
	}
	canary := "canary-" + rand.Text()
	if err := trial.Control("the intruder's account makes a pod, a Deployment and a Secret, and changes one",
		leaveFootprints(ctx, scope, namespace, token, canary)); err != nil {
		return err
	}
	var missing error
	waited := live.Poll(ctx, "the audit log", auditDeadline, func(ctx context.Context) error {
		events, err := auditLines(ctx, node, folder, namespace)
		if err != nil {
			return err
		}
		missing = nil
		for _, print := range footprints(namespace, user) {
			if !slices.ContainsFunc(events, print.match) {
				missing = errors.Join(missing, fmt.Errorf("the audit log does not show that %s", print.says))
			}
		}
		return missing
	})
	switch {
	case missing != nil:
		trial.Broken("RMP-AUD-001", "%v", missing)
	case waited != nil:
		return waited
	default:
		trial.Held("RMP-AUD-001", "%d footprints of %s are in the log: pod, Deployment, patch, Secret, refusals, shell and namespace",
			len(footprints(namespace, user)), user)
	}
	return noContent(ctx, node, trial, folder, canary, token)
}

// noContent looks for what must not be in the log. That the Secret's creation is there has been seen.
func noContent(ctx context.Context, node *live.Node, trial *verify.Trial, folder, canary, token string) error {
	signature := token[strings.LastIndex(token, ".")+1:]
	for says, text := range map[string]string{"a Secret's content": canary, "a service account's token": signature} {
		events, err := auditLines(ctx, node, folder, text)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			trial.Broken("RMP-AUD-002", "the audit log has %s in it: %s %s", says, events[0].Verb, events[0].RequestURI)
			return nil
		}
	}
	trial.Held("RMP-AUD-002", "neither the content of a new Secret nor a new token is in the log")
	return nil
}

// footprints are what leaveFootprints must have left.
func footprints(namespace, user string) []footprint {
	did := func(verb, resource, name string, code int) func(auditEvent) bool {
		return func(event auditEvent) bool {
			return event.User.Username == user && event.Verb == verb && event.ObjectRef.Resource == resource &&
				event.ObjectRef.Namespace == namespace && event.ObjectRef.Name == name && event.ResponseStatus.Code == code
		}
	}
	const changed, created, forbidden = 200, 201, 403
	return []footprint{
		{"a namespace was made", func(event auditEvent) bool {
			return event.Verb == "create" && event.ObjectRef.Resource == "namespaces" && event.ObjectRef.Name == namespace
		}},
		{user + " made a pod", did("create", "pods", "footprint", created)},
		{user + " made a Deployment", did("create", "deployments", "footprint", created)},
		// Its content cannot be written as it came, and an API server that tries to writes nothing.
		{user + " changed a Deployment with a patch in YAML", did("patch", "deployments", "footprint", changed)},
		{user + " made a Secret", did("create", "secrets", "footprint", created)},
		{user + " was refused the list of Secrets", did("list", "secrets", "", forbidden)},
		// What it asked for was not read before it was refused: the name is unknown.
		{user + " was refused a role binding", did("create", "rolebindings", "", forbidden)},
		{user + " tried to open a shell", func(event auditEvent) bool {
			return event.User.Username == user && event.ObjectRef.Resource == "pods" && event.ObjectRef.Subresource == "exec" &&
				event.ObjectRef.Name == "footprint" && event.ResponseStatus.Code == forbidden
		}},
	}
}

// intruder makes an account that may make pods, Deployments and Secrets, and change Deployments, in the run's own namespace,
// and returns its name and a token.
func intruder(ctx context.Context, scope *verify.Scope, namespace string) (user, token string, err error) {
	meta := metav1.ObjectMeta{Name: "intruder", Labels: scope.Labels()}
	accounts := scope.Client.CoreV1().ServiceAccounts(namespace)
	if _, err := accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{}); err != nil {
		return "", "", err
	}
	if _, err := scope.Client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods", "secrets"}, Verbs: []string{"create"}},
		{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"create", "patch"}},
	}}, metav1.CreateOptions{}); err != nil {
		return "", "", err
	}
	if _, err := scope.Client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: meta.Name}},
	}, metav1.CreateOptions{}); err != nil {
		return "", "", err
	}
	request, err := accounts.CreateToken(ctx, meta.Name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return "", "", err
	}
	return "system:serviceaccount:" + namespace + ":" + meta.Name, request.Status.Token, nil
}

// leaveFootprints does what the account may do, and tries what it may not.
func leaveFootprints(ctx context.Context, scope *verify.Scope, namespace, token, canary string) error {
	client, err := scope.As(token)
	if err != nil {
		return err
	}
	meta := metav1.ObjectMeta{Name: "footprint", Labels: scope.Labels()}
	secret := &corev1.Secret{ObjectMeta: meta, StringData: map[string]string{"value": canary}}
	// Rights that were just given are known a moment later.
	err = live.Poll(ctx, "the intruder's rights to be known", auditDeadline, func(ctx context.Context) error {
		_, err := client.CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	pod := scope.DecentPod(namespace, "footprint")
	pod.Labels[verify.RunLabel] = scope.ID
	pod.Spec.NodeSelector = map[string]string{verify.RunLabel: "nowhere"} // it need not run
	if _, err := client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		return err
	}
	if _, err := client.AppsV1().Deployments(namespace).Create(ctx, &appsv1.Deployment{
		ObjectMeta: meta,
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32), Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec},
		},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	patch := "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + meta.Name + "\n  annotations:\n    verify: patched\n"
	if _, err := client.AppsV1().Deployments(namespace).Patch(ctx, meta.Name, types.ApplyYAMLPatchType, []byte(patch),
		metav1.PatchOptions{FieldManager: "rampart-verify"}); err != nil {
		return err
	}
	return beRefused(ctx, client, namespace, meta)
}

func beRefused(ctx context.Context, client kubernetes.Interface, namespace string, meta metav1.ObjectMeta) error {
	_, listing := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{})
	_, binding := client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
	}, metav1.CreateOptions{})
	shell := client.CoreV1().RESTClient().Post().Namespace(namespace).Resource("pods").Name(meta.Name).SubResource("exec").
		Param("command", "id").Param("stdout", "true").Do(ctx).Error()
	for says, err := range map[string]error{"list Secrets": listing, "bind a role": binding, "open a shell": shell} {
		if !apierrors.IsForbidden(err) {
			return fmt.Errorf("an account without the right to %s gets: %w", says, orNothing(err))
		}
	}
	return nil
}

// orNothing is an error in any case.
func orNothing(err error) error {
	if err == nil {
		return errors.New("what it asked for")
	}
	return err
}
