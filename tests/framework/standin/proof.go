package standin

import (
	"os"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify"
)

// Proof is what became of a stack of a cloud whose cluster is this one.
type Proof struct {
	Result framework.Result
	Report *verify.Report
}

// Prove brings a stack of the repository up, with what goes into its cluster, verifies it from the stack's outputs alone, and
// destroys it.
func (c *Cluster) Prove(t *testing.T, name string) Proof {
	t.Helper()
	stack := c.Stack(t, name)
	if _, err := stack.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := stack.Run(t.Context(), "kubeconfig")
	if err != nil {
		t.Fatal(err)
	}
	const ownersAlone = 0o600
	if info, err := os.Stat(strings.TrimSpace(found.Stdout)); err != nil || info.Mode().Perm() != ownersAlone {
		t.Errorf("the kubeconfig: %v %v", info, err)
	}
	if result, err := stack.Run(t.Context(), "doctor"); err != nil || !strings.Contains(result.Stdout, " answers\n") {
		t.Errorf("doctor: %v: %s", err, result)
	}
	var proof Proof
	if proof.Result, proof.Report, err = stack.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	return proof
}

// Expect wants exactly the controls of Proven to be proven and those of Failed to fail. Of no other may the run have been
// prevented from finding out: what only shows on nodes is not attacked.
func (p Proof) Expect(t *testing.T) {
	t.Helper()
	provider := p.Report.Baseline.Provider
	proven, failed := Proven(provider), Failed(provider)
	want := map[baseline.ControlID]verify.Verdict{}
	for _, id := range proven {
		want[id] = verify.Proven
	}
	for _, id := range failed {
		want[id] = verify.Failed
	}
	for _, each := range p.Report.Results {
		if _, wanted := want[each.Control]; (wanted || attacked(each)) && each.Verdict != want[each.Control] {
			t.Errorf("%s (%s) is %s, want %q: %s", each.Control, each.Title, each.Verdict, want[each.Control], each.Evidence)
		}
	}
	score := p.Report.Score
	if score.Proven != len(proven) || score.Failed != len(failed) || score.ByCloud == 0 || score.ProvenElsewhere == 0 {
		t.Errorf("score %+v, want %d proven, %d failed, and some that others answer for", score, len(proven), len(failed))
	}
	if p.Result.ExitCode != verify.ExitFailed || len(p.Report.Left) > 0 || len(p.Report.Unreachable) != 1 {
		t.Errorf("exit status %d, left %v, out of reach %v", p.Result.ExitCode, p.Report.Left, p.Report.Unreachable)
	}
}

// attacked says that the run tried to find out whether a control holds.
func attacked(result verify.Result) bool {
	return result.Verdict == verify.Proven || result.Verdict == verify.Failed || result.Why == verify.WhyPrevented
}
