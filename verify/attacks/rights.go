package attacks

import (
	"context"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/rampart-iac/rampart/verify"
)

// attributes say what somebody would do to what.
type attributes = authorizationv1.ResourceAttributes

// usual are rights that some personas have and others do not: what they are there for. None of them is a step up.
var usual = []struct {
	says  string
	right attributes
}{
	{"look at pods", attributes{Verb: "list", Resource: "pods"}},
	{"read logs", attributes{Verb: "get", Resource: "pods", Subresource: "log"}},
	{"run workloads", attributes{Verb: "create", Group: "apps", Resource: "deployments"}},
	{"scale workloads", attributes{Verb: "update", Group: "apps", Resource: "deployments", Subresource: "scale"}},
	{"restart pods", attributes{Verb: "delete", Resource: "pods"}},
	{"read ConfigMaps", attributes{Verb: "get", Resource: "configmaps"}},
	{"read Secrets in its scope", attributes{Verb: "get", Resource: "secrets"}},
	{"see who has which role", attributes{Verb: "list", Group: rbacv1.GroupName, Resource: "rolebindings"}},
	{"see network policies", attributes{Verb: "list", Group: "networking.k8s.io", Resource: "networkpolicies"}},
	{"look at nodes", attributes{Verb: "list", Resource: "nodes"}},
	{"cordon nodes", attributes{Verb: "patch", Resource: "nodes"}},
}

// usualRights asks as somebody for what is no step up, in a namespace or, without one, in all.
func usualRights(
	ctx context.Context, trial *verify.Trial, who string, client kubernetes.Interface, namespace string,
) error {
	for _, each := range usual {
		right := each.right
		if right.Resource != "nodes" {
			right.Namespace = namespace
		}
		review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &right},
		}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		trial.Asked(verify.Right{Who: whoIs(who), Action: each.says, Given: review.Status.Allowed})
	}
	return nil
}

// whoIs names somebody as people do: "group rampart:blue:developer" is the developer of blue.
func whoIs(group string) string {
	persona, ok := strings.CutPrefix(group, "group rampart:")
	if !ok {
		return strings.TrimPrefix(group, "the ")
	}
	if tenant, persona, ok := strings.Cut(persona, ":"); ok {
		return persona + " of " + tenant
	}
	return persona
}

// rightIn says what a right lets somebody do.
func rightIn(right attributes) string {
	what := right.Resource
	if right.Subresource != "" {
		what += "/" + right.Subresource
	}
	return right.Verb + " " + what
}
