package tenant

import (
	"slices"
	"strings"
	"testing"

	corev1sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/internal/enginetest"
	"github.com/rampart-iac/rampart/components/isolation"
)

func admit(t *testing.T, args TenantArgs) *enginetest.Recorder {
	t.Helper()
	return enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := NewTenant(ctx, args.Name, &args)
		return err
	})
}

func TestRegistered(t *testing.T) {
	t.Parallel()
	recorder := admit(t, TenantArgs{Name: "blue", KubernetesVersion: "v1.37.0"})
	recorder.CheckHouseRules(t, "blue")
	want := []string{
		"kubernetes:core/v1:LimitRange blue-limits",
		"kubernetes:core/v1:Namespace blue-namespace",
		"kubernetes:core/v1:ResourceQuota blue-quota",
		"kubernetes:core/v1:ServiceAccount blue-access-account",
		"kubernetes:core/v1:ServiceAccountPatch blue-access-default-account",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy blue-isolation-allow-dns",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy blue-isolation-allow-same-namespace",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy blue-isolation-default-deny",
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-access-developer-role",
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-access-operator-role",
		"kubernetes:rbac.authorization.k8s.io/v1:Role blue-access-viewer-role",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-access-developer-binding",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-access-operator-binding",
		"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding blue-access-viewer-binding",
		"rampart:access:NamespaceRole blue-access",
		"rampart:isolation:NamespaceIsolation blue-isolation",
		"rampart:tenant:Tenant blue",
	}
	if got := recorder.Summary(); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "blue", "team-blue": "team-blue"} {
		recorder := admit(t, TenantArgs{Name: "blue", Namespace: given, KubernetesVersion: "v1.37.0"})
		namespace := corev1.Namespace{}
		recorder.Decode(t, "blue-namespace", &namespace)
		if namespace.Name != want {
			t.Errorf("namespace %q, want %q", namespace.Name, want)
		}
		for label, value := range map[string]string{
			"rampart.dev/tenant":                         "blue",
			"rampart.dev/default-limits":                 "true",
			"pod-security.kubernetes.io/enforce":         "restricted",
			"pod-security.kubernetes.io/enforce-version": "v1.37",
			"pod-security.kubernetes.io/audit":           "restricted",
			"pod-security.kubernetes.io/audit-version":   "v1.37",
			"pod-security.kubernetes.io/warn":            "restricted",
			"pod-security.kubernetes.io/warn-version":    "v1.37",
		} {
			if namespace.Labels[label] != value {
				t.Errorf("%s=%q, want %q", label, namespace.Labels[label], value)
			}
		}
	}
}

// TestNobodyIsLetIntoAnOpenNamespace checks the order: namespace, isolation and quota, access.
func TestNobodyIsLetIntoAnOpenNamespace(t *testing.T) {
	t.Parallel()
	recorder := admit(t, TenantArgs{
		Name: "blue", KubernetesVersion: "v1.37.0", Surroundings: isolation.Surroundings{Enforcer: baseline.PolicyEnforcerCalico},
		Allow: []isolation.Rule{isolation.AllowAPIServer(0)},
	})
	borders := []string{"blue-quota", "blue-limits"}
	for _, args := range recorder.All() {
		if strings.HasPrefix(args.Name, "blue-isolation-") {
			borders = append(borders, args.Name)
		}
	}
	const most = 6
	if len(borders) != most {
		t.Fatalf("what bounds the namespace: %q", borders)
	}
	for _, border := range borders {
		if !recorder.Waits(border, "blue-namespace") {
			t.Errorf("%s does not wait for the namespace", border)
		}
	}
	for _, args := range recorder.All() {
		if !strings.HasPrefix(args.Name, "blue-access-") {
			continue
		}
		for _, border := range borders {
			if !recorder.Waits(args.Name, border) {
				t.Errorf("%s does not wait for %s", args.Name, border)
			}
		}
	}
}

// TestOnlyTheNamespaceNamesWhatTheTenantComesAfter: the rest comes after the namespace. What a tenant comes after may be a long
// list, which would stand in the state once for each of its resources.
func TestOnlyTheNamespaceNamesWhatTheTenantComesAfter(t *testing.T) {
	t.Parallel()
	recorder := enginetest.MustRun(t, func(ctx *pulumi.Context) error {
		before, err := corev1sdk.NewConfigMap(ctx, "before", nil)
		if err != nil {
			return err
		}
		args := TenantArgs{
			Name: "blue", KubernetesVersion: "v1.37.0",
			Secrets: map[string]map[string]pulumi.StringInput{"database": {"password": pulumi.String("hunter2")}},
		}
		_, err = NewTenant(ctx, "blue", &args, pulumi.DependsOn([]pulumi.Resource{before}))
		return err
	})
	for _, args := range recorder.All() {
		if !strings.HasPrefix(args.TypeToken, "kubernetes:") || args.Name == "before" {
			continue
		}
		if !recorder.Waits(args.Name, "before") || args.Name != "blue-namespace" && !recorder.Waits(args.Name, "blue-namespace") {
			t.Errorf("%s does not wait for what the tenant comes after, or not for the namespace", args.Name)
		}
		named := strings.Contains(strings.Join(args.RegisterRPC.GetDependencies(), " "), "::before")
		if named != (args.Name == "blue-namespace") {
			t.Errorf("%s names %q", args.Name, args.RegisterRPC.GetDependencies())
		}
	}
}

// What is in the namespace goes with it: the engine deletes the namespace alone. A component hands that on to what it is made of.
func TestATenantGoesWithItsNamespace(t *testing.T) {
	t.Parallel()
	recorder := admit(t, TenantArgs{
		Name: "blue", KubernetesVersion: "v1.37.0",
		Secrets: map[string]map[string]pulumi.StringInput{"database": {"password": pulumi.String("hunter2")}},
	})
	handedOn := map[string]bool{}
	for _, args := range recorder.All() {
		if strings.HasSuffix(args.RegisterRPC.GetDeletedWith(), "::blue-namespace") && strings.HasPrefix(args.TypeToken, "rampart:") {
			handedOn[args.TypeToken+"::"+args.Name] = true
		}
	}
	gone := 0
	for _, args := range recorder.All() {
		with, parent := args.RegisterRPC.GetDeletedWith(), args.RegisterRPC.GetParent()
		parent = parent[strings.LastIndex(parent, "$")+1:]
		goes := strings.HasSuffix(with, "::blue-namespace") || handedOn[parent]
		if lasts := args.Name == "blue" || args.Name == "blue-namespace"; goes == lasts {
			t.Errorf("%s is deleted with %q, and its parent %q", args.Name, with, parent)
		}
		if goes {
			gone++
		}
	}
	if gone < 15 {
		t.Errorf("control: %d go with the namespace", gone)
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	recorder, err := enginetest.Run(func(ctx *pulumi.Context) error {
		_, err := NewTenant(ctx, "blue", &TenantArgs{
			Name: "Blue", Namespace: "kube-blue", KubernetesVersion: "latest",
			Developers:  []access.Subject{{Kind: access.GroupSubject, Name: "system:masters"}},
			PodSecurity: "privileged",
			Quota:       Quota{CPU: "two", Pods: -1},
			Limits:      Limits{Max: Resources{Memory: "100Gi"}},
			Secrets:     map[string]map[string]pulumi.StringInput{"DB": {"pass word": pulumi.String("hunter2")}},
		})
		return err
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`name "Blue"`, `namespace "kube-blue"`, `kubernetesVersion "latest"`, `developers[0].name "system:masters"`,
		`podSecurity "privileged"`, `quota.cpu "two"`, `quota.pods "-1"`, `quota.memory "20Gi"`, `secrets "DB"`, `secrets.DB "pass word"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v\nshows a secret", err)
	}
	if made := recorder.Summary(); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}
