package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// TestVerifyProvesTheCluster attacks the cluster as it stands, while another run does the same and is interrupted in its middle:
// every enforced control is proven, the other run has found nothing broken either and cleared away what was its own and no more,
// and at the end nothing is left behind.
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
	other, id := startAnother(t)
	var runs sync.WaitGroup
	runs.Go(func() { interruptInTheMiddle(t, other, id, before) })
	result, report, err := product.Verify(t.Context(), "--attest", attestation, "--key", private)
	runs.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range unproven(report) {
		t.Error(line)
	}
	if result.ExitCode != verify.ExitHeld {
		t.Errorf("verify ends with status %d", result.ExitCode)
	}
	if report.Score.Proven == 0 || report.Run == id {
		t.Errorf("control: %d controls proven by run %s beside run %s", report.Score.Proven, report.Run, id)
	}
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

// made are the traces that a run has in its middle, one of each sort at least: a clean end must have had something to clear.
// Those of objects have the run's id in their names.
var made = []string{
	"namespaces ", "pods ", "serviceaccounts ", "secrets ", "roles ", "rolebindings ", "clusterrolebindings ", "networkpolicies ",
	"address on node", "socket on node", "file on node",
}

// startAnother starts a run, and returns it with its id as soon as it has made its first namespace.
func startAnother(t *testing.T) (run *framework.Running, id string) {
	t.Helper()
	run, err := product.StartVerify()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-run.Ended():
		default: // the test has failed before its end
			if err := run.KillTree(); err != nil {
				t.Error(err)
			}
		}
	})
	framework.Eventually(t, "a namespace of the run", time.Minute, func(ctx context.Context) error {
		found, err := cluster.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: verify.RunLabel})
		if err != nil {
			return err
		}
		if len(found.Items) == 0 {
			return errors.New("there is none")
		}
		id = found.Items[0].Labels[verify.RunLabel]
		return nil
	})
	return run, id
}

// interruptInTheMiddle interrupts a run when it has made things in the cluster and on its nodes, and wants nothing to be left of
// it when it has ended.
func interruptInTheMiddle(t *testing.T, run *framework.Running, id string, before traces) {
	t.Helper()
	own := func(trace string) bool { return strings.Contains(trace, id) || strings.Contains(trace, " on node") }
	if err := live.Poll(t.Context(), "the run to have made everything that it makes", 2*time.Minute, func(ctx context.Context) error {
		now, err := allTraces(ctx)
		if err != nil {
			return err
		}
		more := now.since(before)
		for _, sort := range made {
			if !slices.ContainsFunc(more, func(each string) bool { return strings.HasPrefix(each, sort) && own(each) }) {
				time.Sleep(lookPause)
				return fmt.Errorf("there is no new trace that starts with %q among\n%s", sort, strings.Join(more, "\n"))
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
		return
	}
	if err := run.Interrupt(); err != nil {
		t.Error(err)
		return
	}
	result, err := framework.WaitAtMost(t.Context(), run, 2*time.Minute)
	if err != nil {
		t.Error(err)
		return
	}
	const interrupted = 130
	if result.ExitCode != interrupted || !strings.Contains(result.Stdout, "Score") || !strings.Contains(result.Stdout, ", 0 failed,") ||
		!strings.Contains(result.Stderr, "what it made in the cluster is gone") {
		t.Errorf("want status %d, the score so far without a failure and a word on what was made: %s", interrupted, result)
	}
	now, err := allTraces(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	for _, each := range now.since(before) {
		if strings.Contains(each, id) && !isOfPods(each) {
			t.Errorf("left by the run that was interrupted: %s", each)
		}
	}
}
