package verify

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/attacks"
	"github.com/rampart-iac/rampart/verify/live"
)

// podSecurity holds every namespace to a level of Pod Security.
func podSecurity(level string) string {
	return `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: ` + level + `, enforce-version: latest}
`
}

// attacked are the controls that an API server alone decides about.
func attacked() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ADM-001", "RMP-ADM-002", "RMP-ADM-003", "RMP-ADM-004", "RMP-ADM-005", "RMP-ADM-006", "RMP-ADM-007", "RMP-ADM-008",
		"RMP-ADM-009", "RMP-ADM-010", "RMP-ADM-011", "RMP-ADM-012", "RMP-ADM-013", "RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003",
		"RMP-CPL-006",
	}
}

// everythingAsked is the baseline as if all of it were enforced.
func everythingAsked(t *testing.T) baseline.Resolved {
	t.Helper()
	resolved, err := baseline.Resolve(
		baseline.LevelRestricted, baseline.Version202611, baseline.ProviderKind, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for i := range resolved.Controls {
		resolved.Controls[i].State = baseline.StateEnforced
	}
	return resolved
}

// TestVerdictsFollowTheServer attacks three servers, and wants to be told what each lacks.
func TestVerdictsFollowTheServer(t *testing.T) {
	t.Parallel()
	const level1, level2 = "RMP-ADM-001", "RMP-ADM-002"
	for _, test := range []struct {
		says, podSecurity string
		proven            []string
	}{
		{"bare", "privileged", nil},
		{"baseline", "baseline", []string{level1}},
		{"restricted", "restricted", []string{level1, level2}},
	} {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()
			config := filepath.Join(t.TempDir(), "admission.yaml")
			if err := os.WriteFile(config, []byte(podSecurity(test.podSecurity)), 0o600); err != nil {
				t.Fatal(err)
			}
			server := apiserver.MustStart(t, apiserver.Settings{
				// Something must be named in place of ServiceAccount, which is wanted here.
				Flags: map[string][]string{"admission-control-config-file": {config}, "disable-admission-plugins": {"AlwaysDeny"}},
			})
			report, err := verify.Run(t.Context(), inhabited(t, server), verify.Options{
				Attacks: attacks.All(), Elsewhere: attacks.Elsewhere(),
				Controls: attacked(), Baseline: everythingAsked(t),
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Left) > 0 || report.Cut != "" {
				t.Errorf("left %v, cut %q", report.Left, report.Cut)
			}
			var proven []string
			for _, result := range report.Results {
				switch result.Verdict {
				case verify.Proven:
					proven = append(proven, string(result.Control))
				case verify.Failed:
					t.Logf("%s failed: %s", result.Control, result.Evidence)
				default:
					t.Errorf("%s is %s: %s", result.Control, result.Verdict, result.Evidence)
				}
			}
			if got, want := strings.Join(proven, " "), strings.Join(test.proven, " "); got != want {
				t.Errorf("proven: %s\nwant: %s", got, want)
			}
			left, err := server.Client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: verify.RunLabel})
			if err != nil || len(left.Items) > 0 {
				t.Errorf("namespaces of the run are left: %v %v", left.Items, err)
			}
		})
	}
}

// inhabited gives a server a node that has the image of the probes, and does for namespaces what a controller manager
// would.
func inhabited(t *testing.T, server *apiserver.Server) *live.Cluster {
	t.Helper()
	ctx := t.Context()
	nodes := server.Client.CoreV1().Nodes()
	node, err := nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "paper"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	node.Status.Images = []corev1.ContainerImage{{Names: []string{
		"registry.k8s.io/e2e-test-images/agnhost:2.53",
		"registry.k8s.io/e2e-test-images/agnhost@sha256:" + strings.Repeat("0", 64),
	}}}
	if _, err := nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	makeTenant(t, server)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			settle(ctx, server)
			time.Sleep(200 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	cluster, err := live.Open(ctx, server.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

// makeTenant makes what a tenant has that others must not change.
func makeTenant(t *testing.T, server *apiserver.Server) {
	t.Helper()
	_, err := server.Client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "blue", Labels: map[string]string{"rampart.dev/tenant": "blue"},
	}}, metav1.CreateOptions{})
	if err == nil {
		_, err = server.Client.NetworkingV1().NetworkPolicies("blue").Create(t.Context(), &networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: "default-deny", Labels: map[string]string{"app.kubernetes.io/managed-by": "rampart"}},
		}, metav1.CreateOptions{})
	}
	if err == nil {
		_, err = server.Client.CoreV1().ServiceAccounts("blue").Create(t.Context(),
			&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// settle makes default accounts, and lets namespaces go that were deleted. What fails is done the next time.
func settle(ctx context.Context, server *apiserver.Server) {
	namespaces := server.Client.CoreV1().Namespaces()
	list, err := namespaces.List(ctx, metav1.ListOptions{LabelSelector: verify.RunLabel})
	if err != nil {
		return
	}
	for _, namespace := range list.Items {
		if namespace.DeletionTimestamp != nil {
			namespace.Spec.Finalizers = nil
			_, _ = namespaces.Finalize(ctx, &namespace, metav1.UpdateOptions{})
			continue
		}
		_, _ = server.Client.CoreV1().ServiceAccounts(namespace.Name).Create(ctx,
			&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, metav1.CreateOptions{})
	}
}
