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
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-developer-role",
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-operator-role",
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-viewer-role",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-developer-binding",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-operator-binding",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-viewer-binding",
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

func TestRulesOfOnesOwnAreTheDevelopers(t *testing.T) {
	t.Parallel()
	own := Rule{Group: "example.org", Resources: []string{"widgets"}, Verbs: []string{"get", "create"}}
	recorder := grant(t, NamespaceRoleArgs{Namespace: "team-blue", Rules: []Rule{own}})
	for _, persona := range NamespacePersonas() {
		role := rbacv1.Role{}
		recorder.Decode(t, "blue-"+string(persona)+"-role", &role)
		if role.Name != string(persona) || role.Namespace != "team-blue" {
			t.Errorf("role %s/%s", role.Namespace, role.Name)
		}
		has := slices.ContainsFunc(role.Rules, func(rule rbacv1.PolicyRule) bool {
			return slices.Equal(rule.APIGroups, []string{"example.org"})
		})
		if has != (persona == Developer) {
			t.Errorf("%s: has the developers' own rule: %t", persona, has)
		}
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	recorder := grant(t, NamespaceRoleArgs{
		Namespace: "team-blue", ServiceAccount: "deployer",
		Developers: []Subject{
			{Kind: GroupSubject, Name: "blue-developers"},
			{Kind: UserSubject, Name: "ada@example.org"},
			{Kind: ServiceAccountSubject, Name: "ci"},
			{Kind: ServiceAccountSubject, Name: "argo", Namespace: "argocd"},
		},
		Viewers: []Subject{{Kind: GroupSubject, Name: "everybody"}},
	})
	const group = "rbac.authorization.k8s.io"
	for persona, want := range map[Persona][]rbacv1.Subject{
		Developer: {
			{Kind: "Group", Name: "rampart:team-blue:developer", APIGroup: group},
			{Kind: "ServiceAccount", Name: "deployer", Namespace: "team-blue"},
			{Kind: "Group", Name: "blue-developers", APIGroup: group},
			{Kind: "User", Name: "ada@example.org", APIGroup: group},
			{Kind: "ServiceAccount", Name: "ci", Namespace: "team-blue"},
			{Kind: "ServiceAccount", Name: "argo", Namespace: "argocd"},
		},
		Viewer: {
			{Kind: "Group", Name: "rampart:team-blue:viewer", APIGroup: group},
			{Kind: "Group", Name: "everybody", APIGroup: group},
		},
		Operator: {{Kind: "Group", Name: "rampart:team-blue:operator", APIGroup: group}},
	} {
		binding := rbacv1.RoleBinding{}
		recorder.Decode(t, "blue-"+string(persona)+"-binding", &binding)
		if !slices.Equal(binding.Subjects, want) {
			t.Errorf("%s: subjects %+v", persona, binding.Subjects)
		}
		if binding.RoleRef.Kind != "Role" || binding.RoleRef.Name != string(persona) || binding.Namespace != "team-blue" {
			t.Errorf("%s: binding of %+v in %s", persona, binding.RoleRef, binding.Namespace)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
		_, err := NewNamespaceRole(ctx, "blue", &NamespaceRoleArgs{
			Namespace: "kube-public", ServiceAccount: "default",
			Developers: []Subject{
				{Kind: "Robot", Name: "r2"},
				{Kind: GroupSubject, Name: "system:authenticated"},
				{Kind: GroupSubject, Name: "*"},
				{Kind: UserSubject, Name: ""},
				{Kind: UserSubject, Name: "ada", Namespace: "blue"},
				{Kind: ServiceAccountSubject, Name: "default", Namespace: "green"},
				{Kind: GroupSubject, Name: "developers"},
				{Kind: GroupSubject, Name: "developers"},
			},
			Viewers:   []Subject{{Kind: GroupSubject, Name: "rampart:operator"}},
			Operators: []Subject{{Kind: GroupSubject, Name: "kubeadm:cluster-admins"}},
			Rules:     []Rule{{Group: "example.org", Resources: []string{"*"}, Verbs: []string{"get"}}},
		})
		return err
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`namespace "kube-public"`, `serviceAccount "default"`, `developers[0].kind "Robot"`,
		`developers[1].name "system:authenticated": is one of Kubernetes' own`, `developers[2].name "*": is a wildcard`,
		`developers[3].name "": is empty`, `developers[4].namespace "blue"`, `developers[5].name "default"`,
		`developers[7]: Group "developers" is named twice`, `viewers[0].name "rampart:operator"`,
		`operators[0].name "kubeadm:cluster-admins"`, `rules[0].resources[0] "*": is a wildcard`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if made := recorder.Summary(); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}
