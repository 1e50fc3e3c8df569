package interruption

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/rampart-iac/rampart/tests/framework"
)

// killedOverACrowd kills an up over many new tenants, whose state is written at its end. Of those that are in the file no more,
// the next up leaves nothing; the others are whole, and the up after it has nothing to do. The stack ends as it began.
func killedOverACrowd(t *testing.T, product *framework.Product) {
	t.Helper()
	const many, few = 12, 3
	configure := func(more int) {
		config := product.Config()
		tenants := config["rampart:tenants"].([]map[string]any)
		for i := range more {
			tenants = append(tenants, map[string]any{"name": fmt.Sprintf("crowd-%d", i+1)})
		}
		config["rampart:tenants"] = tenants
		if err := product.Configure(config); err != nil {
			t.Fatal(err)
		}
	}
	configure(many)
	// The access of a tenant comes last: by then others have all that they get.
	kill(t, product, framework.Printed("-account created"))
	cluster, err := product.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(cluster.Admin)
	if err != nil {
		t.Fatal(err)
	}
	// left are the objects of a tenant that stand.
	left := func(tenant string) []string {
		var found []string
		for resource, name := range map[schema.GroupVersionResource]string{
			{Version: "v1", Resource: "namespaces"}:                                            tenant,
			{Group: "crd.projectcalico.org", Version: "v1", Resource: "globalnetworkpolicies"}: "default.rampart-border-" + tenant,
		} {
			_, err := client.Resource(resource).Get(t.Context(), name, metav1.GetOptions{})
			if err == nil {
				found = append(found, resource.Resource+"/"+name)
			} else if !apierrors.IsNotFound(err) {
				t.Fatal(err)
			}
		}
		return found
	}
	stray := 0
	for i := few; i < many; i++ {
		stray += len(left(fmt.Sprintf("crowd-%d", i+1)))
	}
	state, err := product.Pulumi(t.Context(), "stack", "export", "--stack", product.Stack)
	if err != nil {
		t.Fatal(err)
	}
	if stray == 0 || strings.Contains(state, "-crowd-") {
		t.Fatalf("control: the killed run has left %d objects, known to the state: %t", stray, strings.Contains(state, "-crowd-"))
	}

	configure(few)
	mustRun(t, product.Up)
	for i := range many {
		tenant := fmt.Sprintf("crowd-%d", i+1)
		if found := left(tenant); (i < few) != (len(found) == 2) || i >= few && len(found) > 0 {
			t.Errorf("%s: %q stand, and it is in the file: %t", tenant, found, i < few)
		}
		if i >= few {
			continue
		}
		policies, err := cluster.Client.NetworkingV1().NetworkPolicies(tenant).List(t.Context(), metav1.ListOptions{})
		if err != nil || len(policies.Items) < 3 {
			t.Errorf("%s has the policies %v, %v", tenant, policies.Items, err)
		}
		bindings, err := cluster.Client.RbacV1().RoleBindings(tenant).List(t.Context(), metav1.ListOptions{})
		if err != nil || len(bindings.Items) != 3 {
			t.Errorf("%s has the bindings %v, %v", tenant, bindings.Items, err)
		}
	}
	if again := mustRun(t, product.Up); !strings.Contains(strings.ToLower(again.Output()), "no changes") {
		t.Errorf("the up after does not say that there are no changes:\n%s", again)
	}
	configure(0)
	mustRun(t, product.Up)
}
