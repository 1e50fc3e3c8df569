package access

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/rampart-iac/rampart/components/internal/enginetest"
)

func look(t *testing.T, args ClusterAccessArgs) *enginetest.Recorder {
	t.Helper()
	return enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewClusterAccess(ctx, "access", &args)
		return err
	})
}

func TestClusterAccessRegistered(t *testing.T) {
	t.Parallel()
	recorder := look(t, ClusterAccessArgs{})
	recorder.CheckHouseRules(t, "access")
	want := []string{
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole access-auditor-role",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole access-operator-role",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole access-viewer-role",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding access-auditor-binding",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding access-operator-binding",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding access-viewer-binding",
		"rampart:access:ClusterAccess access",
	}
	if got := recorder.Summary(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestClusterSubjects(t *testing.T) {
	t.Parallel()
	binding := rbacv1.ClusterRoleBinding{}
	look(t, ClusterAccessArgs{Auditors: []Subject{
		{Kind: GroupSubject, Name: "revision"},
		{Kind: ServiceAccountSubject, Name: "scanner", Namespace: "security"},
	}}).Decode(t, "access-auditor-binding", &binding)
	want := []rbacv1.Subject{
		{Kind: "Group", Name: "rampart:auditor", APIGroup: rbacGroup},
		{Kind: "Group", Name: "revision", APIGroup: rbacGroup},
		{Kind: "ServiceAccount", Name: "scanner", Namespace: "security"},
	}
	if !slices.Equal(binding.Subjects, want) {
		t.Errorf("subjects %+v", binding.Subjects)
	}
	if binding.RoleRef.Kind != "ClusterRole" || binding.RoleRef.Name != "rampart:auditor" {
		t.Errorf("role %+v", binding.RoleRef)
	}
}

// TestBreakGlassExistsWhileItIsGranted, is held by certificates alone, and says why it is there.
func TestBreakGlassExistsWhileItIsGranted(t *testing.T) {
	t.Parallel()
	expires := time.Now().Add(time.Hour)
	recorder := look(t, ClusterAccessArgs{
		BreakGlass: &BreakGlassGrant{Reason: "etcd is full", Owner: "platform", Expires: expires},
	})
	recorder.CheckHouseRules(t, "access")
	binding := rbacv1.ClusterRoleBinding{}
	recorder.Decode(t, "access-break-glass-binding", &binding)
	if want := []rbacv1.Subject{{Kind: "Group", Name: "rampart:break-glass", APIGroup: rbacGroup}}; !slices.Equal(binding.Subjects, want) {
		t.Errorf("subjects %+v", binding.Subjects)
	}
	role := rbacv1.ClusterRole{}
	recorder.Decode(t, "access-break-glass-role", &role)
	for _, annotations := range []map[string]string{binding.Annotations, role.Annotations} {
		if annotations["rampart.dev/reason"] != "etcd is full" || annotations["rampart.dev/owner"] != "platform" ||
			annotations["rampart.dev/expires"] != expires.UTC().Format(time.RFC3339) {
			t.Errorf("annotations %v", annotations)
		}
	}
}

func TestBreakGlassGrantCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		grant BreakGlassGrant
		want  []string
	}{
		"good":      {BreakGlassGrant{"r", "o", now.Add(time.Hour)}, nil},
		"as long":   {BreakGlassGrant{"r", "o", now.Add(LongestBreakGlass)}, nil},
		"too long":  {BreakGlassGrant{"r", "o", now.Add(LongestBreakGlass + time.Second)}, []string{"expires: is more than 7 days ahead: choose a moment before 2026-12-02T12:00:00Z"}},
		"over":      {BreakGlassGrant{"r", "o", now}, []string{"expires: is over: take the grant out, or give a new one with a new reason"}},
		"no reason": {BreakGlassGrant{"", "o", now.Add(time.Hour)}, []string{"reason: is empty: say in a sentence why the glass has to be broken"}},
		"nothing": {BreakGlassGrant{}, []string{
			"reason: is empty: say in a sentence why the glass has to be broken", "owner: is empty: name who answers for it",
			"expires: is empty: say when the grant ends, such as 2026-11-25T13:00:00Z",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			test.grant.Check(now, func(field string, _ any, rule string) { got = append(got, field+": "+rule) })
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestClusterAccessReportsAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
		_, err := NewClusterAccess(ctx, "access", &ClusterAccessArgs{
			Viewers:    []Subject{{Kind: GroupSubject, Name: "system:authenticated"}},
			Operators:  []Subject{{Kind: ServiceAccountSubject, Name: "x"}},
			Auditors:   []Subject{{Kind: "Robot", Name: "r2"}},
			BreakGlass: &BreakGlassGrant{Reason: "r", Expires: time.Now().Add(-time.Hour)},
		})
		return err
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`viewers[0].name "system:authenticated"`, `operators[0].namespace ""`, `auditors[0].kind "Robot"`,
		`breakGlass.owner "": is empty`, `breakGlass.expires`, "is over",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if made := recorder.Summary(); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}
