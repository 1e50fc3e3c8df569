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

func TestTenantsThatAreBeingAdded(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if err := os.MkdirAll(stack.config(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{nil, {"red", "teal"}, nil, nil} {
		if err := stack.NoteAdding(names); err != nil {
			t.Fatal(err)
		}
		if got, err := stack.Adding(); err != nil || !slices.Equal(got, names) {
			t.Errorf("%v, %v, want %v", got, err, names)
		}
	}
}
