package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify"
)

// TestVerifyProvesTheCluster attacks the cluster as it stands, twice at once: every enforced control is proven, and nothing
// is left behind.
//
//nolint:paralleltest // others open ports, change tenants and make pods that verification would see
func TestVerifyProvesTheCluster(t *testing.T) {
	var runs sync.WaitGroup
	for _, args := range [][]string{nil, {"--area", "NET", "--area", "IMG"}} {
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
			if len(args) == 0 && report.Score.Proven == 0 {
				t.Error("nothing was proven")
			}
		})
	}
	runs.Wait()
	nothingIsLeft(t)
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

// TestVerifyCleansUpAfterCtrlC interrupts a run when it has made things in the cluster.
//
//nolint:paralleltest // it looks for what runs of verify have left
func TestVerifyCleansUpAfterCtrlC(t *testing.T) {
	run, err := product.StartVerify()
	if err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "the run to have made namespaces", time.Minute, func(ctx context.Context) error {
		namespaces, err := cluster.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: verify.RunLabel})
		if err == nil && len(namespaces.Items) == 0 {
			err = errors.New("none yet")
		}
		return err
	})
	if err := run.Interrupt(); err != nil {
		t.Fatal(err)
	}
	result, err := framework.WaitAtMost(t.Context(), run, 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	const interrupted = 130
	if result.ExitCode != interrupted || !strings.Contains(result.Stdout, "Score") {
		t.Errorf("want status %d and the score so far: %s", interrupted, result)
	}
	nothingIsLeft(t)
}

// nothingIsLeft looks for the label of runs on everything that they make, and for the addresses that they play on nodes.
func nothingIsLeft(t *testing.T) {
	t.Helper()
	ctx, labelled := t.Context(), metav1.ListOptions{LabelSelector: verify.RunLabel}
	namespaces, err := cluster.Client.CoreV1().Namespaces().List(ctx, labelled)
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range namespaces.Items {
		t.Errorf("namespace %s is left", namespace.Name)
	}
	pods, err := cluster.Client.CoreV1().Pods("").List(ctx, labelled)
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		t.Errorf("pod %s/%s is left", pod.Namespace, pod.Name)
	}
	for _, node := range cluster.Nodes() {
		addresses, err := node.Exec(ctx, "ip", "-brief", "address", "show", "dev", "lo")
		if err != nil {
			t.Fatal(err)
		}
		for _, played := range []string{"169.254.169.254", "203.0.113.", "198.51.100."} {
			if strings.Contains(addresses, played) {
				t.Errorf("node %s still has an address that was played: %s", node.Name, addresses)
			}
		}
	}
}
