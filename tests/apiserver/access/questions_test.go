package access

import (
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// verbs are those that Kubernetes knows for objects.
var verbs = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// served is a resource that can be asked about.
type served struct {
	group, name, subresource string
	namespaced               bool
}

// notServed are resources that stand in questions only, or are served by parts that this server is without.
var notServed = []served{
	{"", "nodes", "metrics", false}, {"", "nodes", "stats", false}, {"", "nodes", "log", false},
	{"", "nodes", "healthz", false}, {"", "nodes", "configz", false}, {"", "nodes", "spec", false},
	{"", "nodes", "pods", false}, {"", "nodes", "checkpoint", false},
	{"crd.projectcalico.org", "networkpolicies", "", true}, {"crd.projectcalico.org", "globalnetworkpolicies", "", false},
	{"crd.projectcalico.org", "networksets", "", true}, {"crd.projectcalico.org", "globalnetworksets", "", false},
	{"crd.projectcalico.org", "hostendpoints", "", false}, {"crd.projectcalico.org", "felixconfigurations", "", false},
	{"crd.projectcalico.org", "ippools", "", false}, {"example.org", "widgets", "", true},
}

// resources lists what the server serves, subresources included, so that a new resource is asked about too.
func resources(t *testing.T) []served {
	t.Helper()
	_, lists, err := server.Client.Discovery().ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(notServed)
	for _, list := range lists {
		group, _, versioned := strings.Cut(list.GroupVersion, "/")
		if !versioned {
			group = ""
		}
		for _, resource := range list.APIResources {
			name, subresource, _ := strings.Cut(resource.Name, "/")
			one := served{group, name, subresource, resource.Namespaced}
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	const atLeast = 100
	if len(all) < atLeast {
		t.Fatalf("control: the server serves %d resources only", len(all))
	}
	return all
}

// questions are all that can be asked about a scope: a namespace, or the whole cluster.
func questions(all []served, scope string) []authorizationv1.ResourceAttributes {
	var list []authorizationv1.ResourceAttributes
	for _, resource := range all {
		if scope != wholeCluster && !resource.namespaced {
			continue
		}
		for _, verb := range verbs {
			list = append(list, authorizationv1.ResourceAttributes{
				Namespace: scope, Verb: verb, Group: resource.group, Resource: resource.name, Subresource: resource.subresource,
			})
		}
	}
	for _, step := range framework.StepsUp() {
		step.Namespace = scope
		list = append(list, step)
	}
	return list
}
