package full

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/cis"
)

// upDeadline is for a machine on which a version of Kubernetes is still to be built.
const upDeadline = 60 * time.Minute

// noChanges is what people and scripts look for in the output.
const noChanges = "no changes"

// stack is one installation with a cluster of its own.
type stack struct {
	*framework.Product
	*framework.Cluster
	cluster map[string]any
}

// newStack brings up a cluster with settings of its own (rampart:cluster), and takes it down when the test ends.
func newStack(t *testing.T, settings map[string]any) *stack {
	t.Helper()
	giveUp, err := framework.TakeTurn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := giveUp(); err != nil {
			t.Error(err)
		}
	})
	product := framework.MustInstall(t, framework.Settings{
		Prefix: "e2e-full", PodCIDR: "10.216.0.0/16", ServiceCIDR: "10.116.0.0/16",
	})
	s := &stack{Product: product, cluster: settings}
	t.Cleanup(func() { s.takeDown(t) })
	s.configure(t, nil)
	s.mustUp(t)
	s.connect(t)
	return s
}

func (s *stack) takeDown(t *testing.T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if t.Failed() {
		s.Collect(ctx, s.Cluster, os.Stderr)
	}
	if s.Kept() {
		t.Logf("kept cluster %s in %s", s.Product.Cluster, s.Dir)
		return
	}
	if s.cluster["ephemeral"] == false {
		if _, err := s.Pulumi(ctx, "state", "unprotect", "--all", "--yes", "--stack", s.Stack); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Destroy(ctx); err != nil {
		t.Error(err)
	}
}

// configure writes the stack's file with what differs from now on.
func (s *stack) configure(t *testing.T, changes map[string]any) {
	t.Helper()
	for name, value := range changes {
		s.cluster[name] = value
	}
	config := s.Config()
	cluster, ok := config["rampart:cluster"].(map[string]any)
	if !ok {
		t.Fatal("the framework's configuration has no cluster")
	}
	for name, value := range s.cluster {
		cluster[name] = value
	}
	if err := s.Configure(config); err != nil {
		t.Fatal(err)
	}
}

func (s *stack) mustUp(t *testing.T) framework.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), upDeadline)
	defer cancel()
	result, err := s.Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// connect looks at the cluster anew: nodes come and go, and the kubeconfig changes.
func (s *stack) connect(t *testing.T) {
	t.Helper()
	var err error
	if s.Cluster, err = s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// holds proves every control by attack, evaluates the benchmark on every node, and sees that nothing is left to do.
func (s *stack) holds(t *testing.T) {
	t.Helper()
	framework.Eventually(t, "all nodes to be ready", 3*time.Minute, s.NodesReady)
	framework.Eventually(t, "all pods to be ready", 3*time.Minute, s.PodsReady)
	if result := s.mustUp(t); !strings.Contains(strings.ToLower(result.Output()), noChanges) {
		t.Errorf("up once more does not say %q:\n%s", noChanges, result)
	}
	if result, err := s.Run(t.Context(), "drift"); err != nil {
		t.Errorf("what stands is not what the state says: %v\n%s", err, result)
	}
	s.passesTheBenchmark(t)
	s.isProven(t)
}

func (s *stack) isProven(t *testing.T) {
	t.Helper()
	result, report, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range report.Results {
		if each.Verdict == verify.Failed || each.Why == verify.WhyPrevented {
			t.Errorf("%s %s: %s", each.Control, each.Verdict, each.Evidence)
		}
	}
	if result.ExitCode != verify.ExitHeld || report.Score.Proven == 0 {
		t.Errorf("verify ends with status %d and a score of %+v", result.ExitCode, report.Score)
	}
	t.Logf("verify: %+v", report.Score)
}

func (s *stack) passesTheBenchmark(t *testing.T) {
	t.Helper()
	for _, node := range s.Nodes() {
		role := cis.Worker
		if node.ControlPlane {
			role = cis.ControlPlane
		}
		framework.Eventually(t, node.Name+" to pass the benchmark", time.Minute, func(ctx context.Context) error {
			results, err := cis.Evaluate(ctx, cis.ByCommand(node.Exec), role)
			if err != nil {
				return err
			}
			var failing []string
			for _, result := range results {
				if result.Verdict != cis.Passed {
					failing = append(failing, result.String())
				}
			}
			if len(failing) > 0 {
				return fmt.Errorf("%d of %d items do not pass: %s", len(failing), len(results), strings.Join(failing, "; "))
			}
			t.Logf("%s: %d items of the benchmark pass", node.Name, len(results))
			return nil
		})
	}
}
