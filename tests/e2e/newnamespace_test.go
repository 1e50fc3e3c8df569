package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// newNamespaces is how many times a pod and its namespace are made at once.
const newNamespaces = 20

// racersDeadline is for all of them to have tried.
const racersDeadline = 90 * time.Second

// TestNewNamespaceIsShut makes namespaces and, in the same breath, pods in them that do nothing but send packets out.
// Not one packet may arrive. Among them is one namespace that got a policy with its pod: its packets must.
func TestNewNamespaceIsShut(t *testing.T) {
	t.Parallel()
	const address = "203.0.113.20"
	outside := playOutside(t, address)
	nodes := cluster.Nodes()
	var racers []*corev1.Pod
	for i := range newNamespaces {
		racers = append(racers, startRacer(t, nodes[i%len(nodes)], address, corev1.RestartPolicyNever, false))
	}
	control := startRacer(t, nodes[0], address, corev1.RestartPolicyOnFailure, true)

	for _, racer := range racers {
		tried := awaitTried(t, racer)
		if tried.Status.PodIP == "" {
			t.Errorf("%s has no address", tried.Namespace)
		}
		if outside.HeardFrom(tried.Status.PodIP) {
			t.Errorf("a packet of %s (%s) got out", tried.Namespace, tried.Status.PodIP)
		}
	}
	framework.Eventually(t, "the control's packets to get out", racersDeadline, func(ctx context.Context) error {
		pod, err := cluster.Client.CoreV1().Pods(control.Namespace).Get(ctx, control.Name, metav1.GetOptions{})
		if err == nil && (pod.Status.PodIP == "" || !outside.HeardFrom(pod.Status.PodIP)) {
			err = errors.New(live.DescribePod(pod))
		}
		return err
	})
	if callers := outside.Callers(); len(callers) != 1 {
		t.Errorf("heard from %v, want the control alone", callers)
	}
}

// startRacer makes a namespace and a pod in it without waiting for anything: an account of its own, because the default
// one takes a moment, and a node, because the scheduler does.
func startRacer(
	t *testing.T, node *framework.Node, address string, restart corev1.RestartPolicy, open bool,
) *corev1.Pod {
	t.Helper()
	namespace := cluster.Namespace(t)
	if open {
		allowEverything(t, namespace)
	}
	_, err := cluster.Client.CoreV1().ServiceAccounts(namespace).Create(t.Context(),
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "racer"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod := cluster.DecentPod(namespace, "racer")
	pin(pod, node)
	no := false
	pod.Spec.ServiceAccountName, pod.Spec.AutomountServiceAccountToken = "racer", &no
	pod.Spec.RestartPolicy = restart
	runner := pod.Spec.Containers[0]
	pod.Spec.Containers = nil
	for _, protocol := range []string{"udp", "tcp"} {
		container := *runner.DeepCopy()
		container.Name = protocol
		container.Args = []string{
			"connect", net.JoinHostPort(address, framework.OutsidePort), "--protocol=" + protocol, "--timeout=1s",
		}
		container.TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
		pod.Spec.Containers = append(pod.Spec.Containers, container)
	}
	if _, err := cluster.Client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return pod
}

// awaitTried waits until a racer's containers have ended. Each must have waited for an answer in vain: one that never
// sent anything proves nothing.
func awaitTried(t *testing.T, racer *corev1.Pod) *corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	framework.Eventually(t, racer.Namespace+" to have tried", racersDeadline, func(ctx context.Context) (err error) {
		pod, err = cluster.Client.CoreV1().Pods(racer.Namespace).Get(ctx, racer.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		ended := slices.DeleteFunc(slices.Clone(pod.Status.ContainerStatuses), func(status corev1.ContainerStatus) bool {
			return status.State.Terminated == nil
		})
		if len(ended) < len(pod.Spec.Containers) {
			return fmt.Errorf("%d of %d have: %s", len(ended), len(pod.Spec.Containers), live.DescribePod(pod))
		}
		return nil
	})
	for _, status := range pod.Status.ContainerStatuses {
		if ended := status.State.Terminated; !strings.Contains(ended.Message, string(live.TimedOut)) {
			t.Errorf("%s %s: exit status %d, %q, want %s", racer.Namespace, status.Name, ended.ExitCode, ended.Message,
				live.TimedOut)
		}
	}
	return pod
}
