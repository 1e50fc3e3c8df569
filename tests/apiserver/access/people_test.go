package access

import (
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/tenant"
	"github.com/rampart-iac/rampart/tests/framework/apiserver/component"
)

const (
	ownNamespace   = "blue"
	otherNamespace = "green"
	wholeCluster   = ""
)

// somebody is who a question is about.
type somebody struct {
	name   string
	user   string
	groups []string
	// scopes that the questions are about. A right in the whole cluster is one in every namespace.
	scopes []string
	// common is the name of whoever has what goes without saying.
	common string
}

// anybody is somebody whom the API server knows and nobody has given a role; anyAccount is a service account like that.
var (
	anybody    = somebody{name: "anybody", user: "rampart:ada"}
	anyAccount = somebody{
		name: "any service account", user: "system:serviceaccount:other:default",
		groups: []string{"system:serviceaccounts", "system:serviceaccounts:other"},
	}
)

// everybody has one for each persona, as a certificate of ours says, and the account that deploys.
func everybody() []somebody {
	var people []somebody
	for _, persona := range access.ClusterPersonas() {
		people = append(people, somebody{
			name: string(persona), user: "rampart:ada", groups: []string{persona.Group()},
			scopes: []string{wholeCluster}, common: anybody.name,
		})
	}
	inTenant := []string{ownNamespace, otherNamespace, wholeCluster}
	for _, persona := range access.NamespacePersonas() {
		people = append(people, somebody{
			name: string(persona) + " of " + ownNamespace, user: "rampart:ada",
			groups: []string{persona.NamespaceGroup(ownNamespace)}, scopes: inTenant, common: anybody.name,
		})
	}
	return append(people, somebody{
		name: "service account of " + ownNamespace, user: "system:serviceaccount:blue:" + access.DefaultServiceAccount,
		groups: []string{"system:serviceaccounts", "system:serviceaccounts:blue"}, scopes: inTenant, common: anyAccount.name,
	})
}

// makeRoles brings the product's own roles to the server, as its components make them.
func makeRoles(t *testing.T) {
	t.Helper()
	if err := component.Install(t.Context(), server, func(ctx *pulumi.Context) error {
		if _, err := access.NewClusterAccess(ctx, "access", &access.ClusterAccessArgs{
			BreakGlass: &access.BreakGlassGrant{Reason: "a test", Owner: "nobody", Expires: time.Now().Add(time.Hour)},
		}); err != nil {
			return err
		}
		for _, name := range []string{ownNamespace, otherNamespace} {
			if _, err := tenant.NewTenant(ctx, name, &tenant.TenantArgs{Name: name, KubernetesVersion: "v1.37.0"}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// ask returns which of the questions about somebody the API server answers with yes. The administrator asks, as an
// auditor would.
func ask(t *testing.T, who somebody, questions []authorizationv1.ResourceAttributes) map[authorizationv1.ResourceAttributes]bool {
	t.Helper()
	var (
		mutex   sync.Mutex
		failed  error
		workers sync.WaitGroup
	)
	allowed := map[authorizationv1.ResourceAttributes]bool{}
	queue := make(chan authorizationv1.ResourceAttributes)
	reviews := server.Client.AuthorizationV1().SubjectAccessReviews()
	for range 8 {
		workers.Go(func() {
			for question := range queue {
				review, err := reviews.Create(t.Context(), &authorizationv1.SubjectAccessReview{
					Spec: authorizationv1.SubjectAccessReviewSpec{
						User: who.user, Groups: append([]string{"system:authenticated"}, who.groups...), ResourceAttributes: &question,
					},
				}, metav1.CreateOptions{})
				mutex.Lock()
				switch {
				case err != nil:
					failed = err
				case review.Status.Allowed:
					allowed[question] = true
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
	return allowed
}
