package workspace

import (
	"os"
	"slices"
	"testing"
)

func TestTenantsOfTheState(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if _, found, err := stack.Tenants(); found || err != nil {
		t.Errorf("without a state: %t, %v", found, err)
	}
	write(t, stack.stateFile(), `{"checkpoint": {"latest": {"resources": [
		{"type": "rampart:kind:Cluster", "inputs": {"name": "rampart"}},
		{"type": "rampart:tenant:Tenant", "inputs": {"name": "blue", "namespace": "blue"}},
		{"type": "kubernetes:core/v1:Namespace", "inputs": {"name": "green"}}]}}}`)
	if names, found, err := stack.Tenants(); err != nil || !found || !slices.Equal(names, []string{"blue"}) {
		t.Errorf("%v, %t, %v", names, found, err)
	}
	write(t, stack.stateFile(), `{"checkpoint": {"latest": {"resources": [{"type": "rampart:tenant:Tenant"}]}}}`)
	if names, told, err := stack.Tenants(); told || err != nil {
		t.Errorf("of a tenant without a name: %v, %t, %v", names, told, err)
	}
}

func TestWhatThereIsOfTenants(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	write(t, stack.stateFile(), `{"checkpoint": {"latest": {"resources": [
		{"urn": "a", "type": "rampart:tenant:Tenant", "inputs": {"name": "blue"}},
		{"urn": "b", "type": "rampart:tenant:Tenant", "inputs": {"name": "blue-2"}},
		{"urn": "c", "type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": "blue"}}},
		{"urn": "d", "type": "kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy",
			"inputs": {"metadata": {"name": "default.rampart-border-blue"}}},
		{"urn": "e", "type": "kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy",
			"inputs": {"metadata": {"name": "default.rampart-border-blue-2"}}}]}}}`)
	if urns, err := stack.OfTenants([]string{"blue", "red"}); err != nil || !slices.Equal(urns, []string{"a", "d"}) {
		t.Errorf("%q, %v", urns, err)
	}
}

func TestNotesOfCrowds(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if err := os.MkdirAll(stack.config(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{nil, {"red", "teal"}, nil, nil} {
		if err := stack.NoteCrowd(Adding, CrowdNote{Tenants: names, Of: "a"}); err != nil {
			t.Fatal(err)
		}
		if got, err := stack.Crowd(Adding); err != nil || !slices.Equal(got.Tenants, names) || (got.Of == "a") != (names != nil) {
			t.Errorf("%v, %v, want %v", got, err, names)
		}
		if other, err := stack.Crowd(Removing); err != nil || len(other.Tenants) > 0 {
			t.Errorf("what was added is to be removed: %v, %v", other, err)
		}
	}
}
