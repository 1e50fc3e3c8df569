package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

const (
	// felix is what programs policies on a node, as its command line reads.
	felix = "calico-node -felix"
	// stillness is how long it is kept from that, in which other pods start several times over.
	stillness = 15 * time.Second
)

// TestPodsWaitForTheirPolicy keeps Felix of one node from working. A new pod there must not run, however long that takes: that no
// packet of it arrives is not enough, since a program that has run once without its network may have given up. The control is
// the same pod, which runs as soon as Felix works again.
//
//nolint:paralleltest // no pod starts on that node meanwhile
func TestPodsWaitForTheirPolicy(t *testing.T) {
	node := cluster.Nodes()[1]
	signal := func(ctx context.Context, name string) {
		if _, err := node.Exec(ctx, "pkill", "--signal", name, "--full", felix); err != nil {
			t.Errorf("%s to Felix on %s: %v", name, node.Name, err)
		}
	}
	pod := cluster.DecentPod(cluster.Namespace(t), "waits")
	pin(pod, node)
	signal(t.Context(), "STOP")
	goOn := func() { signal(context.WithoutCancel(t.Context()), "CONT") }
	defer goOn() // a second time is harmless
	cluster.CreatePod(t, pod)
	framework.Eventually(t, "the CNI plugin to be called for the pod", stillness, func(ctx context.Context) error {
		_, err := node.Exec(ctx, "pgrep", "--full", "^/opt/cni/bin/calico$")
		return err
	})
	for end := time.Now().Add(stillness); time.Now().Before(end); time.Sleep(time.Second) {
		if err := hasNotRun(t.Context(), pod); err != nil {
			t.Fatalf("its policy cannot have been programmed: %v", err)
		}
	}
	goOn()
	cluster.AwaitPod(t, pod)
	framework.Eventually(t, "the pods of the system to be ready again", time.Minute, cluster.PodsReady)
}

// hasNotRun fails if any container of a pod runs, or has run.
func hasNotRun(ctx context.Context, pod *corev1.Pod) error {
	found, err := cluster.Client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	var ran []error
	for _, status := range found.Status.ContainerStatuses {
		if status.State.Waiting == nil || status.LastTerminationState.Terminated != nil {
			ran = append(ran, fmt.Errorf("container %s has run: %s", status.Name, live.DescribePod(found)))
		}
	}
	return errors.Join(ran...)
}
