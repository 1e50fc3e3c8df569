package vanilla

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/standin"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/cis"
)

// knownFaults are the automated items of CIS 1.12 that a cluster fails which kind has made and nobody has changed.
var knownFaults = []string{
	"1.1.12", "1.2.15", "1.2.16", "1.2.17", "1.2.18", "1.2.19", "1.2.30", "1.2.5", "1.3.2", "1.4.1", "4.1.1", "4.1.9",
}

// fail are the controls that such a cluster does not have, and no others.
var fail = []baseline.ControlID{
	// Its control plane speaks TLS 1.2 with whatever suite, answers anybody on /version, and has kubeadm's flags.
	"RMP-CPL-001", "RMP-CPL-002", "RMP-CPL-004", "RMP-CPL-005", "RMP-CPL-006", "RMP-CPL-009", "RMP-CPL-011", "RMP-CPL-012",
	"RMP-CPL-017",
	// Secrets are not encrypted, etcd's metrics are plain HTTP, and its files are root's.
	"RMP-DAT-001", "RMP-DAT-002", "RMP-DAT-005",
	// Kubelets and files of nodes are as kubeadm leaves them; kube-proxy's health is served to all.
	"RMP-NOD-003", "RMP-NOD-005", "RMP-NOD-006", "RMP-NOD-007", "RMP-NOD-008", "RMP-NOD-009", "RMP-NOD-010", "RMP-NOD-011",
	// There is no audit log.
	"RMP-AUD-001", "RMP-AUD-003", "RMP-AUD-004",
	// Nothing is isolated from anything.
	"RMP-NET-001", "RMP-NET-002", "RMP-NET-003", "RMP-NET-004", "RMP-NET-005", "RMP-NET-006", "RMP-NET-007", "RMP-NET-008",
	"RMP-NET-009",
	// Everything is admitted, by the administrator.
	"RMP-ADM-001", "RMP-ADM-002", "RMP-ADM-003", "RMP-ADM-004", "RMP-ADM-005", "RMP-ADM-006", "RMP-ADM-007", "RMP-ADM-008",
	"RMP-ADM-009", "RMP-ADM-010", "RMP-ADM-012", "RMP-ADM-013", "RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003",
}

// open are the controls of which nothing can be said there, each with a part of the reason.
var open = map[baseline.ControlID]string{
	"RMP-AUD-002": "keeps no audit log",
	"RMP-NET-010": "rules of tenants' policies are seen",
	"RMP-ACC-001": noTenants, "RMP-ACC-002": noTenants, "RMP-ACC-003": noTenants, "RMP-ACC-004": noTenants,
	"RMP-ACC-005": noTenants, "RMP-ACC-006": noTenants,
	"RMP-ACC-007": "group rampart:viewer lists pods",
	"RMP-ADM-011": noTenants,
	"RMP-TEN-001": noTenants, "RMP-TEN-003": noTenants, "RMP-TEN-004": noTenants,
}

const noTenants = "the cluster has no tenants"

// TestAClusterThatWeDidNotMake verifies kind as it comes, as anybody would: with a kubeconfig and the engine. Then the same
// cluster stands for one that a cloud has made.
//
//nolint:paralleltest // it sets the environment of the process that calls the engine
func TestAClusterThatWeDidNotMake(t *testing.T) {
	cluster := standin.Make(t, "e2e-vanilla", standin.Bridged)
	t.Run("as it comes", func(t *testing.T) { asItComes(t, cluster) })
	t.Run("in place of a cloud's", func(t *testing.T) { inPlaceOf(t, cluster, "gke-prod") })
}

// asItComes wants every fault of the cluster to be found, and nothing else.
func asItComes(t *testing.T, cluster *standin.Cluster) {
	t.Helper()
	product := cluster.Product
	file, attestation := filepath.Join(product.Dir, "result.json"), filepath.Join(product.Dir, "attestation.json")
	private, public, err := framework.SigningKey(product.Dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	run, err := product.Start("verify", "--kubeconfig", cluster.Spec.Kubeconfig, "--output", "json", "--file", file,
		"--attest", attestation, "--key", private)
	if err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != verify.ExitFailed {
		t.Errorf("exit status %d, want %d: %s", result.ExitCode, verify.ExitFailed, result)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report verify.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Left) > 0 || len(report.Unreachable) > 0 || report.Cut != "" {
		t.Errorf("left %v, out of reach %v, cut %q", report.Left, report.Unreachable, report.Cut)
	}
	verdicts(t, report)
	itemsOfTheBenchmark(t, cluster)
	refused(t, product, attestation, public, report.ClusterID)
}

// verdicts wants exactly those that are known, and each known item of the benchmark in the evidence of a control.
func verdicts(t *testing.T, report verify.Report) {
	t.Helper()
	item := regexp.MustCompile(`CIS ([0-9.]+) on `)
	named := map[string]bool{}
	for _, each := range report.Results {
		for _, attack := range each.Attacks {
			for _, found := range item.FindAllStringSubmatch(attack.Evidence, -1) {
				named[found[1]] = named[found[1]] || attack.Verdict == verify.Failed
			}
		}
		reason, isOpen := open[each.Control]
		want, got := verify.Proven, each.Verdict
		switch {
		case slices.Contains(fail, each.Control):
			want = verify.Failed
		case isOpen:
			want = verify.NotVerifiable
		case each.Why == verify.WhyElsewhere || got == verify.NotApplicable:
			continue // whatever the cluster
		}
		if got != want || !strings.Contains(each.Evidence, reason) {
			t.Errorf("%s (%s) is %s, want %s: %s", each.Control, each.Title, got, want, each.Evidence)
		}
	}
	for _, id := range knownFaults {
		if !named[id] {
			t.Errorf("no control fails for item %s of the benchmark", id)
		}
	}
	if got := report.Score; got.Failed != len(fail) || got.Prevented != len(open) || got.Proven == 0 {
		t.Errorf("score %+v, want %d failed, %d open and the others proven", got, len(fail), len(open))
	}
}

// refused wants a gate to keep such a cluster out, and for what it lacks: the signature is good.
func refused(t *testing.T, product *framework.Product, attestation, public, clusterID string) {
	t.Helper()
	result, err := product.CheckAttestation(t.Context(), attestation, "--key", public, "--cluster", clusterID)
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != verify.ExitFailed || !strings.Contains(result.Stderr, "RMP-NET-001 failed (high)") ||
		strings.Contains(result.Stderr, "signed") {
		t.Errorf("the attestation of a cluster that is not hardened: %s", result)
	}
}

// itemsOfTheBenchmark wants exactly the automated items to fail that are known to.
func itemsOfTheBenchmark(t *testing.T, cluster *standin.Cluster) {
	t.Helper()
	found, err := cluster.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	results, err := cis.Evaluate(t.Context(), cis.ByCommand(found.ControlPlane().Exec), cis.ControlPlane)
	if err != nil {
		t.Fatal(err)
	}
	var failing []string
	for _, result := range results {
		if result.Automated && result.Verdict != cis.Passed {
			failing = append(failing, result.ID)
		}
	}
	slices.Sort(failing)
	if !slices.Equal(failing, knownFaults) {
		t.Errorf("automated items that fail: %v\nwant: %v", failing, knownFaults)
	}
}
