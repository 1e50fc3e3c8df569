package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// TestAKubeletIsStartedHoweverOften starts each kubelet more often in a row than systemd starts a unit by default, as one
// does by itself that cannot start for a while. What it requires must not give up before it.
//
//nolint:paralleltest // it restarts the kubelets
func TestAKubeletIsStartedHoweverOften(t *testing.T) {
	const often = "for start in 1 2 3 4 5 6 7; do systemctl restart kubelet; done; systemctl is-active kubelet"
	for _, node := range cluster.Nodes() {
		if output, err := node.Exec(t.Context(), "sh", "-euc", often); err != nil {
			t.Errorf("%s: %v\n%s", node.Name, err, output)
		}
	}
	framework.Eventually(t, "all nodes to be ready again", 3*time.Minute, cluster.NodesReady)
}

// TestHardeningSurvivesARestartOfTheNodes stops the nodes' containers, as a restart of the machine does, and has up start them. The
// node image writes its own files again; modes, owners and certificates must be as before, and all nodes at work.
//
// It comes after what takes the API server away, and before the proof: whoever waits long before they look for an API server again
// starts anew here, so that what the proof attacks is a cluster whose parts are all at work.
//
//nolint:paralleltest // it restarts the nodes
func TestHardeningSurvivesARestartOfTheNodes(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	stopped := time.Now()
	if err := cluster.StopNodes(ctx); err != nil {
		t.Fatal(err)
	}
	up, err := product.Up(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if output := up.Output(); !strings.Contains(output, "Nodes were stopped, and are started") ||
		!strings.Contains(strings.ToLower(output), noChanges) {
		t.Errorf("up with stopped nodes, want them started and %q: %s", noChanges, up)
	}
	if err := errors.Join(cluster.FindNodes(ctx), cluster.Outweigh(ctx)); err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "all nodes to be ready again", 3*time.Minute, cluster.NodesReady)
	for _, node := range cluster.Nodes() {
		framework.Eventually(t, node.Name+" to pass", time.Minute, func(ctx context.Context) error {
			if failing := notPassing(benchmark(ctx, t, node)); len(failing) > 0 {
				return fmt.Errorf("these do not pass: %v", failing)
			}
			return nil
		})
		framework.Eventually(t, "logs and commands on "+node.Name, time.Minute, func(ctx context.Context) error {
			return errors.Join(readsLogs(ctx, node), runsCommands(ctx, node))
		})
	}
	framework.Eventually(t, "all pods to be ready again", 3*time.Minute, func(ctx context.Context) error {
		return cluster.PodsStartedAgain(ctx, stopped)
	})
}
