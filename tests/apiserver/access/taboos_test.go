package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// taboo is a right that nobody may have who is not break-glass.
type taboo struct {
	says   string
	covers func(authorizationv1.ResourceAttributes) bool
	// breach gives it away.
	breach rbacv1.PolicyRule
}

var (
	reading  = []string{"get", "list", "watch"}
	changing = []string{"create", "update", "patch", "delete", "deletecollection"}
)

// taboos are what the CIS benchmark says about roles (5.1.1 to 5.1.13), and the ways around the other controls.
func taboos() []taboo {
	return []taboo{
		{"do everything (CIS 5.1.1, 5.1.3)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Verb == "*" || q.Resource == "*" || q.Group == "example.org"
		}, rule("*", "*", "*")},
		{"read the cluster's secrets (CIS 5.1.2)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Resource == "secrets" && q.Namespace == wholeCluster
		}, rule("", "secrets", "list")},
		{"create pods in every namespace (CIS 5.1.4)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Namespace == wholeCluster && hasTemplate(q) && slices.Contains([]string{"create", "update", "patch"}, q.Verb)
		}, rule("apps", "deployments", "patch")},
		{"give itself or others more rights (CIS 5.1.8)", func(q authorizationv1.ResourceAttributes) bool {
			return slices.Contains([]string{"escalate", "bind", "impersonate"}, q.Verb)
		}, rule("", "groups", "impersonate")},
		{"write roles and bindings", func(q authorizationv1.ResourceAttributes) bool {
			return q.Group == rbacv1.GroupName && slices.Contains(changing, q.Verb)
		}, rule(rbacv1.GroupName, "rolebindings", "create")},
		{"create volumes of its own making (CIS 5.1.9)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Resource == "persistentvolumes" && slices.Contains(changing, q.Verb)
		}, rule("", "persistentvolumes", "create")},
		{"reach through nodes into every pod (CIS 5.1.10)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Subresource == "proxy"
		}, rule("", "nodes/proxy", "get")},
		{"make certificates (CIS 5.1.11)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Group == "certificates.k8s.io" && !slices.Contains(reading, q.Verb)
		}, rule("certificates.k8s.io", "certificatesigningrequests/approval", "update")},
		{"change what admits (CIS 5.1.12)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Group == "admissionregistration.k8s.io" && slices.Contains(changing, q.Verb)
		}, rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", "patch")},
		{"make tokens (CIS 5.1.13)", func(q authorizationv1.ResourceAttributes) bool {
			return q.Resource == "serviceaccounts" && !slices.Contains(reading, q.Verb)
		}, rule("", "serviceaccounts/token", "create")},
		{"enter running pods", func(q authorizationv1.ResourceAttributes) bool {
			return q.Resource == "pods" && slices.Contains([]string{"exec", "attach", "portforward", "ephemeralcontainers"}, q.Subresource)
		}, rule("", "pods/exec", "create")},
		{"move its own border", func(q authorizationv1.ResourceAttributes) bool {
			border := []string{"networkpolicies", "globalnetworkpolicies", "networksets", "globalnetworksets", "hostendpoints",
				"resourcequotas", "limitranges", "namespaces", "endpoints", "endpointslices"}
			return slices.Contains(border, q.Resource) && slices.Contains(changing, q.Verb)
		}, rule("networking.k8s.io", "networkpolicies", "delete")},
		{"do many things at once that no review sees", func(q authorizationv1.ResourceAttributes) bool {
			return q.Verb == "deletecollection"
		}, rule("", "configmaps", "deletecollection")},
	}
}

// hasTemplate says whether the resource is a pod or makes pods.
func hasTemplate(q authorizationv1.ResourceAttributes) bool {
	return q.Subresource == "" && slices.Contains([]string{
		"pods", "replicationcontrollers", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs",
	}, q.Resource)
}

func rule(group, resource, verb string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
}

// TestTaboosAreSeen breaks each of them once, with a role that has nothing else, and looks whether the same questions find
// it: what cannot be found when it is there proves nothing when it is not found.
func TestTaboosAreSeen(t *testing.T) {
	t.Parallel()
	all := resources(t)
	for i, taboo := range taboos() {
		t.Run(taboo.says, func(t *testing.T) {
			t.Parallel()
			name := fmt.Sprintf("mallory-%d", i)
			meta := metav1.ObjectMeta{Name: name}
			if _, err := server.Client.RbacV1().ClusterRoles().Create(t.Context(),
				&rbacv1.ClusterRole{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{taboo.breach}}, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if _, err := server.Client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
				ObjectMeta: meta,
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
				Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
			}, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			// The authorizer sees a new binding a moment later.
			covered := slices.DeleteFunc(questions(all, wholeCluster), func(q authorizationv1.ResourceAttributes) bool {
				return !taboo.covers(q)
			})
			framework.Eventually(t, "the breach to be seen", time.Minute, func(context.Context) error {
				if len(ask(t, somebody{user: name}, covered)) == 0 {
					return errors.New("no answer shows it")
				}
				return nil
			})
			for question := range ask(t, anybody, covered) {
				t.Errorf("control: %s", line("anybody", question))
			}
		})
	}
}
