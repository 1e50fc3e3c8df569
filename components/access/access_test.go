package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func grant(t *testing.T, args NamespaceRoleArgs) *enginetest.Recorder {
	t.Helper()
	return enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewNamespaceRole(ctx, "blue", &args)
		return err
	})
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	recorder := grant(t, NamespaceRoleArgs{Namespace: "team-blue"})
	recorder.CheckHouseRules(t, "blue")
	want := []string{
		"kubernetes:core/v1:ServiceAccount blue-account",
		"kubernetes:core/v1:ServiceAccountPatch blue-default-account",
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-role",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-binding",
		"rampart:access:NamespaceRole blue",
	}
	if got := recorder.Summary(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestNoAccountMountsItsToken(t *testing.T) {
	t.Parallel()
	recorder := grant(t, NamespaceRoleArgs{Namespace: "team-blue"})
	for child, name := range map[string]string{"blue-account": "tenant", "blue-default-account": "default"} {
		account := corev1.ServiceAccount{}
		recorder.Decode(t, child, &account)
		if account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
			t.Errorf("%s mounts its token", child)
		}
		if account.Name != name || account.Namespace != "team-blue" {
			t.Errorf("account %s/%s", account.Namespace, account.Name)
		}
	}
}

// TestRole holds the role to what a tenant may never do, whatever else is added to it.
func TestRole(t *testing.T) {
	t.Parallel()
	role := rbacv1.Role{}
	grant(t, NamespaceRoleArgs{Namespace: "team-blue"}).Decode(t, "blue-role", &role)
	allowed := map[string][]string{}
	for _, rule := range role.Rules {
		if slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
			t.Errorf("wildcard in %+v", rule)
		}
		for _, resource := range rule.Resources {
			allowed[resource] = append(allowed[resource], rule.Verbs...)
		}
		for _, verb := range rule.Verbs {
			if slices.Contains([]string{"escalate", "bind", "impersonate", "deletecollection", "approve", "sign"}, verb) {
				t.Errorf("verb %s in %+v", verb, rule)
			}
		}
	}
	for _, resource := range []string{
		"roles", "rolebindings", "clusterroles", "clusterrolebindings", "nodes", "nodes/proxy", "namespaces",
		"serviceaccounts", "serviceaccounts/token", "pods/exec", "pods/attach", "pods/portforward",
		"pods/ephemeralcontainers", "pods/proxy", "services/proxy", "persistentvolumes", "endpoints",
	} {
		if verbs := allowed[resource]; len(verbs) > 0 {
			t.Errorf("%s may be used: %v", resource, verbs)
		}
	}
	for _, resource := range []string{"networkpolicies", "resourcequotas", "limitranges", "events", "replicasets"} {
		for _, verb := range allowed[resource] {
			if !slices.Contains(readVerbs, verb) {
				t.Errorf("%s may be changed by %s", resource, verb)
			}
		}
	}
	for _, resource := range []string{"pods", "services", "configmaps", "secrets", "deployments", "jobs"} {
		if !slices.Contains(allowed[resource], "create") {
			t.Errorf("a tenant cannot make %s", resource)
		}
	}
	if !slices.Equal(allowed["pods/log"], []string{"get"}) {
		t.Errorf("logs: %v", allowed["pods/log"])
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	binding := rbacv1.RoleBinding{}
	grant(t, NamespaceRoleArgs{
		Namespace: "team-blue", ServiceAccount: "deployer",
		Subjects: []Subject{
			{Kind: GroupSubject, Name: "blue-developers"},
			{Kind: UserSubject, Name: "ada@example.org"},
			{Kind: ServiceAccountSubject, Name: "ci"},
			{Kind: ServiceAccountSubject, Name: "argo", Namespace: "argocd"},
		},
	}).Decode(t, "blue-binding", &binding)
	const group = "rbac.authorization.k8s.io"
	want := []rbacv1.Subject{
		{Kind: "ServiceAccount", Name: "deployer", Namespace: "team-blue"},
		{Kind: "Group", Name: "blue-developers", APIGroup: group},
		{Kind: "User", Name: "ada@example.org", APIGroup: group},
		{Kind: "ServiceAccount", Name: "ci", Namespace: "team-blue"},
		{Kind: "ServiceAccount", Name: "argo", Namespace: "argocd"},
	}
	if !slices.Equal(binding.Subjects, want) {
		t.Errorf("subjects %+v", binding.Subjects)
	}
	if binding.RoleRef.Kind != "Role" || binding.RoleRef.Name != RoleName {
		t.Errorf("role %+v", binding.RoleRef)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
		_, err := NewNamespaceRole(ctx, "blue", &NamespaceRoleArgs{
			Namespace: "kube-public", ServiceAccount: "default",
			Subjects: []Subject{
				{Kind: "Robot", Name: "r2"},
				{Kind: GroupSubject, Name: "system:authenticated"},
				{Kind: GroupSubject, Name: "*"},
				{Kind: UserSubject, Name: ""},
				{Kind: UserSubject, Name: "ada", Namespace: "blue"},
				{Kind: ServiceAccountSubject, Name: "default", Namespace: "green"},
				{Kind: GroupSubject, Name: "developers"},
				{Kind: GroupSubject, Name: "developers"},
			},
		})
		return err
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`namespace "kube-public"`, `serviceAccount "default"`, `subjects[0].kind "Robot"`,
		`subjects[1].name "system:authenticated"`, `subjects[2].name "*"`, "subjects[3].name is required",
		`subjects[4].namespace "blue"`, `subjects[5].name "default"`, `subjects[7]: Group "developers" is named twice`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if made := recorder.Summary(); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}
