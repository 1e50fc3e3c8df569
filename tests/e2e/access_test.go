package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/tests/framework"
)

var update = flag.Bool("update", false, "write what the tenant may do to testdata instead of comparing it")

// goldenAccess holds, line by line, all that a tenant's token may do. What it may do outside its own namespace is what
// Kubernetes gives every account: to ask about itself, and to read the certificates that are published for all.
const goldenAccess = "testdata/tenant-access.txt"

// verbs are those that Kubernetes knows for objects.
var verbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// TestTenantMayDoWhatItsRoleSaysAndNothingElse asks, with the tenant's own token, about every verb on every resource and
// subresource that the API server serves, in its own namespace, in the other tenant's and for the whole cluster.
func TestTenantMayDoWhatItsRoleSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	client := tenantClient(t, framework.TenantBlue)
	anywhere := framework.StepsUp()
	for _, resource := range servedResources(t) {
		for _, verb := range verbs {
			resource.Verb = verb
			anywhere = append(anywhere, resource)
		}
	}
	var questions []authorizationv1.ResourceAttributes
	for _, question := range anywhere {
		for _, namespace := range []string{framework.TenantBlue, framework.TenantGreen, ""} {
			question.Namespace = namespace
			questions = append(questions, question)
		}
	}
	allowed := ask(t, client, questions)
	if *update {
		if err := os.WriteFile(goldenAccess, []byte(strings.Join(allowed, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenAccess)
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.Split(strings.TrimSpace(string(want)), "\n")
	for _, line := range allowed {
		if !slices.Contains(expected, line) {
			t.Errorf("the tenant may, and should not: %s", line)
		}
	}
	for _, line := range expected {
		if !slices.Contains(allowed, line) {
			t.Errorf("the tenant may not, and should: %s", line)
		}
	}
}

// servedResources lists what the API server serves, subresources included, so that a new resource is asked about too.
func servedResources(t *testing.T) []authorizationv1.ResourceAttributes {
	t.Helper()
	_, lists, err := cluster.Client.Discovery().ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[authorizationv1.ResourceAttributes]bool{}
	var resources []authorizationv1.ResourceAttributes
	for _, list := range lists {
		group, _, versioned := strings.Cut(list.GroupVersion, "/")
		if !versioned {
			group = ""
		}
		for _, resource := range list.APIResources {
			name, subresource, _ := strings.Cut(resource.Name, "/")
			attributes := authorizationv1.ResourceAttributes{Group: group, Resource: name, Subresource: subresource}
			if !seen[attributes] {
				seen[attributes] = true
				resources = append(resources, attributes)
			}
		}
	}
	return resources
}

// ask returns the questions whose answer is yes, one sorted line each.
func ask(t *testing.T, client kubernetes.Interface, questions []authorizationv1.ResourceAttributes) []string {
	t.Helper()
	var (
		mutex   sync.Mutex
		allowed []string
		failed  error
		workers sync.WaitGroup
	)
	queue := make(chan authorizationv1.ResourceAttributes)
	for range 8 {
		workers.Go(func() {
			for question := range queue {
				review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(),
					&authorizationv1.SelfSubjectAccessReview{
						Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &question},
					}, metav1.CreateOptions{})
				mutex.Lock()
				switch {
				case err != nil:
					failed = err
				case review.Status.Allowed:
					allowed = append(allowed, describe(question))
				}
				mutex.Unlock()
			}
		})
	}
	for _, question := range questions {
		queue <- question
	}
	close(queue)
	workers.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	slices.Sort(allowed)
	return allowed
}

func describe(question authorizationv1.ResourceAttributes) string {
	where := map[string]string{
		framework.TenantBlue: "own namespace", framework.TenantGreen: "other namespace", "": "cluster",
	}[question.Namespace]
	resource := question.Resource
	if question.Subresource != "" {
		resource += "/" + question.Subresource
	}
	if question.Group != "" {
		resource += "." + question.Group
	}
	return fmt.Sprintf("%s: %s %s", where, question.Verb, resource)
}

// TestTenantsTokenInDeed does the things instead of asking whether they are allowed.
func TestTenantsTokenInDeed(t *testing.T) {
	t.Parallel()
	client := tenantClient(t, framework.TenantBlue)
	if _, err := client.CoreV1().Pods(framework.TenantBlue).List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Fatalf("control: the tenant cannot list its own pods: %v", err)
	}
	meta := metav1.ObjectMeta{Name: "e2e-intruder"}
	admin := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"}
	self := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: framework.TenantBlue, Name: "default"}}
	for says, act := range map[string]func(context.Context) error{
		"list the other tenant's pods": func(ctx context.Context) error {
			_, err := client.CoreV1().Pods(framework.TenantGreen).List(ctx, metav1.ListOptions{})
			return err
		},
		"read the other tenant's secrets": func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets(framework.TenantGreen).List(ctx, metav1.ListOptions{})
			return err
		},
		"read the cluster's secrets": func(ctx context.Context) error {
			_, err := client.CoreV1().Secrets("").List(ctx, metav1.ListOptions{})
			return err
		},
		"list nodes": func(ctx context.Context) error {
			_, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
			return err
		},
		"make itself administrator of the cluster": func(ctx context.Context) error {
			_, err := client.RbacV1().ClusterRoleBindings().Create(ctx,
				&rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: admin, Subjects: self}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		},
		"make itself administrator of its namespace": func(ctx context.Context) error {
			_, err := client.RbacV1().RoleBindings(framework.TenantBlue).Create(ctx,
				&rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: admin, Subjects: self}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		},
		"delete its own network policies": func(ctx context.Context) error {
			return client.NetworkingV1().NetworkPolicies(framework.TenantBlue).DeleteCollection(ctx,
				metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{})
		},
		"delete the image policy": func(ctx context.Context) error {
			return client.AdmissionregistrationV1().ValidatingAdmissionPolicies().DeleteCollection(ctx,
				metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{})
		},
		"relax its namespace's Pod Security": func(ctx context.Context) error {
			_, err := client.CoreV1().Namespaces().Update(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Name: framework.TenantBlue, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "privileged"},
			}}, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		},
		"get a token of another account": func(ctx context.Context) error {
			_, err := client.CoreV1().ServiceAccounts("kube-system").CreateToken(ctx, "default",
				&authenticationv1.TokenRequest{}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return err
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			if err := act(t.Context()); !apierrors.IsForbidden(err) {
				t.Errorf("got %v, want forbidden", err)
			}
		})
	}
}

// TestTenantsRolesHaveNoWildcards reads the objects: a wildcard also covers what does not exist yet.
func TestTenantsRolesHaveNoWildcards(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{framework.TenantBlue, framework.TenantGreen} {
		roles, err := cluster.Client.RbacV1().Roles(namespace).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(roles.Items) == 0 {
			t.Errorf("control: tenant %s has no role", namespace)
		}
		for _, role := range roles.Items {
			if text, _ := yaml.Marshal(role.Rules); strings.Contains(string(text), "*") {
				t.Errorf("role %s/%s has a wildcard:\n%s", namespace, role.Name, text)
			}
		}
	}
}

// TestDefaultAccountGivesNoToken: a pod that asks for nothing gets no way to the API.
func TestDefaultAccountGivesNoToken(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{framework.TenantBlue, framework.TenantGreen} {
		account, err := cluster.Client.CoreV1().ServiceAccounts(namespace).Get(t.Context(), "default", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if automount := account.AutomountServiceAccountToken; automount == nil || *automount {
			t.Errorf("account %s/default mounts its token", namespace)
		}
		if hasToken(cluster.RunPod(t, cluster.DecentPod(namespace, "no-token"))) {
			t.Errorf("a pod in %s has a token", namespace)
		}
	}
	// The policy of tokens and the safe defaults hold every namespace: only who asks gets one.
	elsewhere := cluster.Namespace(t)
	if hasToken(cluster.RunPod(t, cluster.DecentPod(elsewhere, "no-token"))) {
		t.Error("a pod in a namespace that no component made has a token")
	}
	asking, yes := cluster.DecentPod(elsewhere, "token"), true
	asking.Spec.AutomountServiceAccountToken = &yes
	if !hasToken(cluster.RunPod(t, asking)) {
		t.Error("control: a pod that asks for a token has none")
	}
}

func hasToken(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Spec.Containers[0].VolumeMounts, func(mount corev1.VolumeMount) bool {
		return mount.MountPath == "/var/run/secrets/kubernetes.io/serviceaccount"
	})
}

// tenantClient speaks with a token of the account that the tenant's role is bound to.
func tenantClient(t *testing.T, tenant string) kubernetes.Interface {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	bindings, err := cluster.Client.RbacV1().RoleBindings(tenant).List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, binding := range bindings.Items {
		for _, subject := range binding.Subjects {
			if subject.Kind != rbacv1.ServiceAccountKind || subject.Namespace != tenant {
				continue
			}
			token, err := cluster.Client.CoreV1().ServiceAccounts(tenant).CreateToken(ctx, subject.Name,
				&authenticationv1.TokenRequest{}, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			client, err := cluster.As(token.Status.Token)
			if err != nil {
				t.Fatal(err)
			}
			return client
		}
	}
	t.Fatalf("tenant %s: no role is bound to an account of its own", tenant)
	return nil
}
