package full

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// The versions that one cluster goes through. Up to oldestVersion kind writes kubeadm's configuration as v1beta3, which kubeadm
// reads for the last time in formatVersion.
const (
	oldestVersion = "v1.35.3"
	formatVersion = "v1.36.3"
	minorVersion  = "v1.37.0"
	patchVersion  = "v1.37.2"
)

// TestUpgrades takes one cluster over two minor versions, and across the change of the format of kubeadm's configuration, and
// from there to the next patch version; the last time the run is killed while the control plane is upgraded, and another one
// goes on. After each, every control is proven anew. At the end kubeadm still understands what it was configured with: it renews
// certificates, and lets another worker in.
//
//nolint:paralleltest // one cluster at a time
func TestUpgrades(t *testing.T) {
	s := newStack(t, map[string]any{"kubernetesVersion": oldestVersion})
	s.runs(t, oldestVersion)
	s.refuses(t, "v1.36.0", "not supported")
	s.refuses(t, minorVersion, "go to v1.36 first")
	s.configuredBy(t, "kubeadm.k8s.io/v1beta3")
	s.holds(t)

	w := s.startWorkload(t)
	s.upgrade(t, formatVersion, func() { s.mustUp(t) })
	w.isUntouched(t, s)
	s.configuredBy(t, "kubeadm.k8s.io/v1beta4")
	s.refuses(t, oldestVersion, "cannot go back")
	s.holds(t)

	w.watch(t, s)
	s.upgrade(t, minorVersion, func() { s.mustUp(t) })
	w.isUntouched(t, s)
	s.holds(t)

	w.watch(t, s)
	s.upgrade(t, patchVersion, func() {
		s.killWhile(t, "upgrading the control plane")
		again := s.mustUp(t)
		if !strings.Contains(again.Output(), "has begun before") {
			t.Errorf("the second run took a snapshot of a cluster that was half upgraded, or did not go on:\n%s", again)
		}
	})
	w.isUntouched(t, s)
	if result, err := s.Run(t.Context(), "certificates", "renew"); err != nil {
		t.Errorf("%v\n%s", err, result)
	}
	s.configure(t, map[string]any{"workers": 2})
	s.mustUp(t)
	s.connect(t)
	s.runs(t, patchVersion)
	s.holds(t)
}

// configuredBy looks at the format of what kind has left of kubeadm's configuration on every node: kubeadm makes credentials
// from it, and kind a certificate when a node gets another address.
func (s *stack) configuredBy(t *testing.T, format string) {
	t.Helper()
	for _, node := range s.Nodes() {
		text, err := node.Exec(t.Context(), "cat", "/kind/kubeadm.conf")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, "apiVersion: "+format+"\n") || strings.Count(text, "kubeadm.k8s.io/") != strings.Count(text, format) {
			t.Errorf("kubeadm's configuration on %s is not in the format %s:\n%s", node.Name, format, text)
		}
		if _, err := node.Exec(t.Context(), "kubeadm", "config", "validate", "--config", "/kind/kubeadm.conf"); err != nil {
			t.Errorf("kubeadm on %s does not take its configuration: %v", node.Name, err)
		}
	}
}

// upgrade changes the version in the stack's file, does what takes the cluster there, and looks at what came of it.
func (s *stack) upgrade(t *testing.T, to string, do func()) {
	t.Helper()
	from := s.version(t)
	started := time.Now()
	s.configure(t, map[string]any{"kubernetesVersion": to})
	do()
	t.Logf("from %s to %s in %s", from, to, time.Since(started).Round(time.Second))
	s.connect(t)
	s.runs(t, to)
	snapshots, err := filepath.Glob(filepath.Join(s.Home(), "snapshots", s.Product.Cluster+"-"+from+"-*"))
	if err != nil || len(snapshots) != 1 {
		t.Errorf("snapshots of %s: %v, %v; want one", from, snapshots, err)
	}
	for _, snapshot := range snapshots {
		if info, err := os.Stat(snapshot); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("snapshot %s: %v, %v", snapshot, info, err)
		}
	}
}

func (s *stack) version(t *testing.T) string {
	t.Helper()
	serves, err := s.Client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	return serves.GitVersion
}

// runs looks at everything that has a version.
func (s *stack) runs(t *testing.T, want string) {
	t.Helper()
	if got := s.version(t); got != want {
		t.Errorf("the API server is %s, want %s", got, want)
	}
	nodes, err := s.Client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes.Items {
		if got := node.Status.NodeInfo.KubeletVersion; got != want {
			t.Errorf("the kubelet on %s is %s, want %s", node.Name, got, want)
		}
		if node.Spec.Unschedulable {
			t.Errorf("node %s is closed", node.Name)
		}
	}
	for _, node := range s.Nodes() {
		for _, program := range []string{"kubeadm", "kubectl", "kubelet"} {
			command := map[string][]string{
				"kubeadm": {"version", "--output=short"}, "kubectl": {"version", "--client"}, "kubelet": {"--version"},
			}[program]
			if text, err := node.Exec(t.Context(), append([]string{program}, command...)...); err != nil || !strings.Contains(text, want) {
				t.Errorf("%s on %s: %v, want %s: %s", program, node.Name, err, want, text)
			}
		}
		// Copies of what was before would stay for good; etcd's data among them.
		if left, err := node.Exec(t.Context(), "sh", "-c", "ls -d /kind/upgrade /etc/kubernetes/tmp/* 2>/dev/null || true"); err != nil || left != "" {
			t.Errorf("left on %s: %q, %v", node.Name, left, err)
		}
	}
	state, err := s.Pulumi(t.Context(), "stack", "output", "kubernetesVersion", "--stack", s.Stack)
	if err != nil || strings.TrimSpace(state) != want {
		t.Errorf("the stack's output says %q, %v", state, err)
	}
	s.imagesAreOf(t, want)
}

// imagesAreOf looks at what runs: the control plane and kube-proxy. A kubelet takes a moment to show its own pods of the control
// plane to an API server that has forgotten them.
func (s *stack) imagesAreOf(t *testing.T, want string) {
	t.Helper()
	framework.Eventually(t, "all of Kubernetes to be of "+want, time.Minute, func(ctx context.Context) error {
		pods, err := s.Client.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		found := 0
		var others error
		for _, pod := range pods.Items {
			for _, container := range pod.Spec.Containers {
				name, tag, _ := strings.Cut(container.Image[strings.LastIndex(container.Image, "/")+1:], ":")
				if strings.HasPrefix(name, "kube-") && strings.HasPrefix(tag, "v1.") {
					found++
					if tag != want {
						others = errors.Join(others, fmt.Errorf("%s runs %s", pod.Name, container.Image))
					}
				}
			}
		}
		if want := 3 + len(s.Nodes()); found != want {
			return fmt.Errorf("control: %d containers of Kubernetes, want %d", found, want)
		}
		return others
	})
}

// refuses asks for a version that cannot be, in a preview, and puts the file back.
func (s *stack) refuses(t *testing.T, version, because string) {
	t.Helper()
	was := s.cluster["kubernetesVersion"]
	s.configure(t, map[string]any{"kubernetesVersion": version})
	defer s.configure(t, map[string]any{"kubernetesVersion": was})
	ctx, cancel := context.WithTimeout(t.Context(), upDeadline)
	defer cancel()
	result, err := s.Preview(ctx)
	if err == nil || !strings.Contains(result.Output(), because) || !strings.Contains(result.Output(), version) {
		t.Errorf("%s: %v, want a refusal: %q", version, err, because)
	}
}

// killWhile starts up, and kills it and all that it started when it says that it is at a step, and a moment later.
func (s *stack) killWhile(t *testing.T, step string) {
	t.Helper()
	run, err := s.StartUp()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Await(t.Context(), s.Product, framework.Printed(step)); err != nil {
		t.Fatal(errors.Join(err, run.KillTree()))
	}
	// The API server is another one, and most of the work of the step is still to be done.
	framework.Eventually(t, "the new API server", 5*time.Minute, func(context.Context) error {
		serves, err := s.Client.Discovery().ServerVersion()
		if err == nil && serves.GitVersion != s.cluster["kubernetesVersion"] {
			err = fmt.Errorf("it is still %s", serves.GitVersion)
		}
		return err
	})
	if err := run.KillTree(); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// workload is a pod behind a service, and somebody who asks it all the time.
type workload struct {
	pod     *corev1.Pod
	address string

	service, api *framework.Poll
}

func (s *stack) startWorkload(t *testing.T) *workload {
	t.Helper()
	wanted := s.ServingPod(framework.TenantBlue, "steady")
	// First, so that its address is the nodes' own when somebody asks it: before, whoever asks is sent out of the cluster.
	service := s.Serve(t, wanted)
	pod := s.RunPod(t, wanted)
	w := &workload{pod: pod, address: net.JoinHostPort(service.Spec.ClusterIP, fmt.Sprint(live.TCPPort))}
	w.watch(t, s)
	return w
}

// watch begins to ask the service, from the node that the pod is on, and the API server.
func (w *workload) watch(t *testing.T, s *stack) {
	t.Helper()
	var on *live.Node
	for _, node := range s.Nodes() {
		if node.Name == w.pod.Spec.NodeName {
			on = node
		}
	}
	ask := framework.GetFrom(on, w.address, w.pod.Name)
	framework.Eventually(t, "the service to answer", time.Minute, ask)
	w.service = framework.StartPoll(t, ask)
	client := s.Client
	w.api = framework.StartPoll(t, func(ctx context.Context) error {
		_, err := client.CoreV1().Namespaces().Get(ctx, framework.TenantBlue, metav1.GetOptions{})
		return err
	})
}

// isUntouched ends the questions. The service always answered, from the same container; the API server was away for no longer
// than it takes to start.
func (w *workload) isUntouched(t *testing.T, s *stack) {
	t.Helper()
	w.service.End()
	w.api.End()
	t.Logf("the service: %s", w.service)
	t.Logf("the API server: %s", w.api)
	if w.service.Unanswered() > 0 || w.service.Asked < 100 {
		t.Errorf("the service: %s", w.service)
	}
	if w.api.Unanswered() == 0 || w.api.Longest() > 2*time.Minute {
		t.Errorf("the API server: %s; want some without an answer, and never for two minutes", w.api)
	}
	pod, err := s.Client.CoreV1().Pods(w.pod.Namespace).Get(t.Context(), w.pod.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if pod.UID != w.pod.UID || pod.Status.ContainerStatuses[0].RestartCount != 0 {
		t.Errorf("the pod was restarted %d times, or is another one", pod.Status.ContainerStatuses[0].RestartCount)
	}
}
