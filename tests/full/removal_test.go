package full

import (
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// TestKilledRemovalOfTenants kills a run that takes many tenants away, some of whom are wanted again. The state is that of before.
//
//nolint:paralleltest // one cluster at a time
func TestKilledRemovalOfTenants(t *testing.T) {
	s := newStack(t, map[string]any{})
	const many, back = 12, 2
	s.crowd(t, many)
	s.mustUp(t)

	s.crowd(t, 0)
	s.killUp(t, framework.Going("crowd-1"))
	state, err := s.Pulumi(t.Context(), "stack", "export", "--stack", s.Stack)
	if err != nil || !strings.Contains(state, "-crowd-1-limits\"") {
		t.Fatalf("control: the state of the killed run knows what is gone: %v", err)
	}
	s.crowd(t, back)
	if up := s.mustUp(t); !strings.Contains(up.Output(), "in the file again") {
		t.Errorf("nobody is told why up looks at what stands:\n%s", up)
	}
	for i := range many {
		name := fmt.Sprintf("crowd-%d", i+1)
		if missing := s.missing(t, name); i < back && len(missing) > 0 {
			t.Errorf("%s is wanted, and lacks %q", name, missing)
		}
		_, err := s.Client.CoreV1().Namespaces().Get(t.Context(), name, metav1.GetOptions{})
		if i >= back && !apierrors.IsNotFound(err) {
			t.Errorf("%s is in the file no more, and stands: %v", name, err)
		}
	}
	s.holds(t)

	s.crowd(t, many)
	s.mustUp(t)
	s.crowd(t, 0)
	if up := s.mustUp(t); strings.Contains(strings.ToLower(up.Output()), noChanges) {
		t.Errorf("up removes %d tenants, and says %q:\n%s", many, noChanges, up)
	}
}

// crowd configures so many tenants beside those of every test.
func (s *stack) crowd(t *testing.T, more int) {
	t.Helper()
	config := s.Config()
	tenants, ok := config["rampart:tenants"].([]map[string]any)
	if !ok {
		t.Fatal("the framework's configuration has no tenants")
	}
	for i := range more {
		tenants = append(tenants, map[string]any{"name": fmt.Sprintf("crowd-%d", i+1)})
	}
	config["rampart:tenants"] = tenants
	if err := s.Configure(config); err != nil {
		t.Fatal(err)
	}
}

// missing is what a tenant should have and has not.
func (s *stack) missing(t *testing.T, tenant string) []string {
	t.Helper()
	var missing []string
	look := func(what string, found int, err error, want int) {
		if err != nil {
			t.Fatal(err)
		}
		if found < want {
			missing = append(missing, what)
		}
	}
	limits, err := s.Client.CoreV1().LimitRanges(tenant).List(t.Context(), metav1.ListOptions{})
	look("limits", len(limits.Items), err, 1)
	quotas, err := s.Client.CoreV1().ResourceQuotas(tenant).List(t.Context(), metav1.ListOptions{})
	look("quota", len(quotas.Items), err, 1)
	policies, err := s.Client.NetworkingV1().NetworkPolicies(tenant).List(t.Context(), metav1.ListOptions{})
	look("policies", len(policies.Items), err, 3)
	bindings, err := s.Client.RbacV1().RoleBindings(tenant).List(t.Context(), metav1.ListOptions{})
	look("bindings", len(bindings.Items), err, 3)
	return missing
}

func (s *stack) killUp(t *testing.T, stage framework.Stage) {
	t.Helper()
	run, err := s.StartUp()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.KillAt(t.Context(), s.Product, stage); err != nil {
		t.Fatal(err)
	}
}
