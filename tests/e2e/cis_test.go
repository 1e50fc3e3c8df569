package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/cis"
)

// How many automated items of the benchmark's sections 1 to 4 a node of a role is held to.
const (
	automatedItems       = 65
	automatedKubeletOnes = 12
)

// kubeletConfig is a file that kubeadm writes for everybody to read.
const kubeletConfig = "/var/lib/kubelet/config.yaml"

// TestNodesPassTheBenchmark holds both nodes to every item that a program can decide. It then opens one file of the
// worker's to everybody, sees just that item fail, and sees the next start of the kubelet set it right.
//
//nolint:paralleltest // it changes a node, and restarts its kubelet
func TestNodesPassTheBenchmark(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var worker *framework.Node
	for _, node := range cluster.Nodes() {
		automated, others := 0, 0
		for _, result := range benchmark(ctx, t, node) {
			switch {
			case result.Verdict != cis.Passed:
				t.Errorf("node %s: %s; remedy: %s", node.Name, result, result.Remedy)
			case result.Automated:
				automated++
			default:
				others++
			}
		}
		t.Logf("node %s: %d automated and %d other items pass", node.Name, automated, others)
		want := automatedKubeletOnes
		if node.ControlPlane {
			want = automatedItems
		} else {
			worker = node
		}
		if automated != want {
			t.Errorf("node %s: %d automated items pass, want %d", node.Name, automated, want)
		}
	}
	if worker == nil {
		t.Fatal("there is no worker")
	}

	if _, err := worker.Exec(ctx, "chmod", "644", kubeletConfig); err != nil {
		t.Fatal(err)
	}
	if failing := notPassing(benchmark(ctx, t, worker)); !slices.Equal(failing, []string{"4.1.9"}) {
		t.Errorf("control: with a readable %s, %v do not pass, want 4.1.9", kubeletConfig, failing)
	}
	if _, err := worker.Exec(ctx, "systemctl", "restart", "kubelet"); err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "the worker to pass again", time.Minute, func(ctx context.Context) error {
		if failing := notPassing(benchmark(ctx, t, worker)); len(failing) > 0 {
			return fmt.Errorf("these do not pass: %v", failing)
		}
		return nil
	})
}

func benchmark(ctx context.Context, t *testing.T, node *framework.Node) []cis.Result {
	t.Helper()
	role := cis.Worker
	if node.ControlPlane {
		role = cis.ControlPlane
	}
	results, err := cis.Evaluate(ctx, cis.ByCommand(node.Exec), role)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func notPassing(results []cis.Result) []string {
	var ids []string
	for _, result := range results {
		if result.Verdict != cis.Passed {
			ids = append(ids, result.ID)
		}
	}
	return ids
}
