package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify"
)

// TestVerifyProvesTheCluster attacks the cluster as it stands, twice at once: every enforced control is proven, and nothing
// is left behind.
//
//nolint:paralleltest // others open ports, change tenants and make pods that verification would see
func TestVerifyProvesTheCluster(t *testing.T) {
	before := mustLook(t)
	private, public, err := framework.SigningKey(product.Dir, "verify")
	if err != nil {
		t.Fatal(err)
	}
	attestation := filepath.Join(product.Dir, "attestation.json")
	if err := os.WriteFile(attestation, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	var runs sync.WaitGroup
	for _, args := range [][]string{{"--attest", attestation, "--key", private}, {"--area", "NET", "--area", "IMG"}} {
		runs.Go(func() {
			result, report, err := product.Verify(t.Context(), args...)
			if err != nil {
				t.Error(err)
				return
			}
			for _, line := range unproven(report) {
				t.Error(line)
			}
			if result.ExitCode != verify.ExitHeld {
				t.Errorf("verify %v ends with status %d", args, result.ExitCode)
			}
			if report.Score.Proven == 0 {
				t.Error("nothing was proven")
			}
		})
	}
	runs.Wait()
	nothingIsLeft(t, before)
	if info, err := os.Stat(attestation); err != nil || info.Mode() != 0o600 {
		t.Errorf("the attestation has mode %v (%v)", info.Mode(), err)
	}
	attested(t, attestation, public)
}

// attested gives the signed result of this cluster to a gate: it lets the cluster in, and neither another one nor a result
// that somebody has mended.
func attested(t *testing.T, attestation, public string) {
	t.Helper()
	system, err := cluster.Client.CoreV1().Namespaces().Get(t.Context(), metav1.NamespaceSystem, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(attestation)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, err := framework.SigningKey(product.Dir, "stranger")
	if err != nil {
		t.Fatal(err)
	}
	own := []string{"--cluster", string(system.UID)}
	for _, row := range []struct {
		says, text, key string
		args            []string
		status          int
		want            string
	}{
		{"its own", string(text), public, own, verify.ExitHeld, "Cluster " + string(system.UID)},
		{"mended", mended(t, text), public, own, verify.ExitFailed, "not signed with this key, or was changed"},
		{"signed by somebody else", string(text), stranger, own, verify.ExitFailed, "not signed with this key"},
		{
			"of another cluster", string(text), public, []string{"--cluster", uuid.NewString()}, verify.ExitFailed,
			"it is about cluster " + string(system.UID),
		},
	} {
		file := filepath.Join(t.TempDir(), "attestation.json")
		if err := os.WriteFile(file, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		result, err := product.CheckAttestation(t.Context(), append([]string{file, "--key", row.key}, row.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if result.ExitCode != row.status || !strings.Contains(result.Output(), row.want) {
			t.Errorf("%s: want status %d and %q: %s", row.says, row.status, row.want, result)
		}
	}
}

// mended raises a signed result: what was said of one control is said better.
func mended(t *testing.T, text []byte) string {
	t.Helper()
	var envelope map[string]any
	if err := json.Unmarshal(text, &envelope); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(envelope["payload"].(string))
	if err != nil {
		t.Fatal(err)
	}
	better := bytes.Replace(payload, []byte(`"not verifiable"`), []byte(`"proven"`), 1)
	if bytes.Equal(better, payload) {
		t.Fatal("there is nothing to mend in the result")
	}
	envelope["payload"] = base64.StdEncoding.EncodeToString(better)
	changed, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

// unproven are the controls that failed or could not be verified, a line each.
func unproven(report *verify.Report) []string {
	var lines []string
	for _, result := range report.Results {
		if result.Verdict == verify.Failed || result.Why == verify.WhyPrevented {
			lines = append(lines, fmt.Sprintf("%s %s: %s", result.Control, result.Verdict, result.Evidence))
		}
	}
	return lines
}

// A run has traces of all these sorts in its middle, one of each at least: a clean end must have had something to clear.
var (
	madeInCluster = []schema.GroupVersionResource{
		corev1.SchemeGroupVersion.WithResource("namespaces"), corev1.SchemeGroupVersion.WithResource("pods"),
		corev1.SchemeGroupVersion.WithResource("serviceaccounts"), corev1.SchemeGroupVersion.WithResource("secrets"),
		rbacv1.SchemeGroupVersion.WithResource("roles"), rbacv1.SchemeGroupVersion.WithResource("rolebindings"),
		rbacv1.SchemeGroupVersion.WithResource("clusterrolebindings"),
		networkingv1.SchemeGroupVersion.WithResource("networkpolicies"),
	}
	madeOnNodes = []string{"address on node", "socket on node", "file on node"}
)

// TestVerifyCleansUpAfterCtrlC interrupts a run when it has made things in the cluster and on its nodes.
//
//nolint:paralleltest // it looks for what runs of verify have left
func TestVerifyCleansUpAfterCtrlC(t *testing.T) {
	before := mustLook(t)
	run, err := product.StartVerify()
	if err != nil {
		t.Fatal(err)
	}
	sorts := slices.Clone(madeOnNodes)
	for _, resource := range madeInCluster {
		sorts = append(sorts, resource.Resource+" ")
	}
	framework.Eventually(t, "the run to have made everything that it makes", 2*time.Minute, func(ctx context.Context) error {
		now, err := tracesOf(ctx, madeInCluster)
		if err != nil {
			return err
		}
		more := now.since(before)
		for _, sort := range sorts {
			if !slices.ContainsFunc(more, func(each string) bool { return strings.HasPrefix(each, sort) }) {
				time.Sleep(lookPause)
				return fmt.Errorf("there is no new trace that starts with %q among\n%s", sort, strings.Join(more, "\n"))
			}
		}
		return nil
	})
	if err := run.Interrupt(); err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	const interrupted = 130
	if result.ExitCode != interrupted || !strings.Contains(result.Stdout, "Score") ||
		!strings.Contains(result.Stderr, "what it made in the cluster is gone") {
		t.Errorf("want status %d, the score so far and a word on what was made: %s", interrupted, result)
	}
	nothingIsLeft(t, before)
}
