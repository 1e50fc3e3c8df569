package full

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// TestWorkersComeAndGo lets a worker join a cluster that stands and that knows nobody without a name, loses it, has it made
// anew, and sends it away again. Every control holds with it and without.
//
//nolint:paralleltest // one cluster at a time
func TestWorkersComeAndGo(t *testing.T) {
	s := newStack(t, map[string]any{"workers": 1})
	second := s.Product.Cluster + "-worker2"
	s.KnowsNoToken(t)

	s.configure(t, map[string]any{"workers": 2})
	token := s.watchToken(t)
	joined := s.mustUp(t)
	secret := token(t)
	s.connect(t)
	s.works(t, second)
	s.KnowsNoToken(t)
	s.isNowhere(t, secret, joined)
	s.holds(t)

	lose(t, second)
	if _, err := s.Run(t.Context(), "up", "--refresh"); err != nil {
		t.Fatal(err)
	}
	s.connect(t)
	s.works(t, second)

	evicted := s.spread(t, second)
	s.staysAfterAll(t, second)
	s.configure(t, map[string]any{"workers": 1})
	s.mustUp(t)
	s.connect(t)
	containers, err := s.NodeContainers(t.Context())
	if err != nil || slices.Contains(containers, second) || len(s.Nodes()) != 2 {
		t.Errorf("after it was sent away: containers %v, nodes %d, %v", containers, len(s.Nodes()), err)
	}
	evicted(t)
	s.KnowsNoToken(t)
	s.holds(t)
}

// staysAfterAll kills a run that sends a worker away, and cannot because of a budget. The worker is wanted again: pods come to it,
// and nobody is at work any more to move others away.
func (s *stack) staysAfterAll(t *testing.T, node string) {
	t.Helper()
	all := intstr.FromString("100%")
	budgets := s.Client.PolicyV1().PodDisruptionBudgets(framework.TenantBlue)
	if _, err := budgets.Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "spread", Namespace: framework.TenantBlue},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &all, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "spread"}},
		},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.configure(t, map[string]any{"workers": 1})
	s.killUp(t, framework.Closed(node))
	drains := func() bool {
		_, err := s.ControlPlane().Exec(t.Context(), "pgrep", "-f", "^kubectl .* drain "+node+" ")
		return err == nil
	}
	if !drains() {
		t.Error("control: the drain ended with the run that was killed")
	}
	s.configure(t, map[string]any{"workers": 2})
	s.mustUp(t)
	if drains() {
		t.Error("a drain is still at work")
	}
	if err := budgets.Delete(t.Context(), "spread", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Client.CoreV1().Nodes().Get(t.Context(), node, metav1.GetOptions{})
	if err != nil || found.Spec.Unschedulable {
		t.Errorf("%s is wanted again, and closed to pods: %t, %v", node, found.Spec.Unschedulable, err)
	}
	s.works(t, node)
}

// works runs a pod on a node and a command in it, which needs the kubelet's serving certificate.
func (s *stack) works(t *testing.T, node string) {
	t.Helper()
	framework.Eventually(t, "all nodes to be ready", 3*time.Minute, s.NodesReady)
	pod := s.DecentPod(framework.TenantBlue, "on-the-new-node")
	pod.Spec.NodeName = node
	pod = s.RunPod(t, pod)
	framework.Eventually(t, "a command in the pod", time.Minute, func(ctx context.Context) error {
		_, err := s.ExecPod(ctx, pod.Namespace, pod.Name, "/agnhost", "help")
		return err
	})
	if err := s.Client.CoreV1().Pods(pod.Namespace).Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	framework.Eventually(t, "the pod to be gone", time.Minute, func(ctx context.Context) error {
		if _, err := s.Client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{}); err == nil {
			return fmt.Errorf("%s is still there", pod.Name)
		}
		return nil
	})
}

// watchToken waits for the token that a node joins with. The function that it returns gives the secret part of it.
func (s *stack) watchToken(t *testing.T) func(t *testing.T) string {
	t.Helper()
	secrets, err := s.Client.CoreV1().Secrets(metav1.NamespaceSystem).Watch(t.Context(), metav1.ListOptions{
		FieldSelector: "type=" + string(corev1.SecretTypeBootstrapToken),
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens := make(chan map[string][]byte, 10)
	go func() {
		defer close(tokens)
		for event := range secrets.ResultChan() {
			if secret, ok := event.Object.(*corev1.Secret); ok && event.Type == watch.Added {
				tokens <- secret.Data
			}
		}
	}()
	return func(t *testing.T) string {
		t.Helper()
		secrets.Stop()
		token := <-tokens
		expires, err := time.Parse(time.RFC3339, string(token["expiration"]))
		if err != nil || time.Until(expires) > 10*time.Minute {
			t.Errorf("the token was good until %s: %v", expires, err)
		}
		if len(token["token-secret"]) == 0 {
			t.Fatal("control: no token was seen")
		}
		if another, more := <-tokens; more {
			t.Errorf("one worker joined with more than one token: %s", another["description"])
		}
		return string(token["token-secret"])
	}
}

// isNowhere looks for the token that a worker has joined with where it could have been left. The control is kind's own, which
// kind leaves on the nodes that it makes.
func (s *stack) isNowhere(t *testing.T, token string, joined framework.Result) {
	t.Helper()
	const places = "/kind /etc/kubernetes /var/lib/kubelet/config.yaml /var/log /run/log"
	search := func(text string) (found string) {
		for _, node := range s.Nodes() {
			files, err := node.Exec(t.Context(), "sh", "-c", "grep -rlsF -- "+text+" "+places+" || true")
			if err != nil {
				t.Fatal(err)
			}
			found += strings.TrimSpace(files)
		}
		return found
	}
	if found := search("0123456789abcdef"); !strings.Contains(found, "/kind/kubeadm.conf") {
		t.Errorf("control: kind's token was not found on any node: %q", found)
	}
	if found := search(token); found != "" {
		t.Errorf("the token is left on a node: %s", found)
	}
	state, err := s.Pulumi(t.Context(), "stack", "export", "--show-secrets", "--stack", s.Stack)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(state, token) || strings.Contains(joined.Output(), token) {
		t.Error("the token is in the state, or was printed")
	}
}

// spread runs a pod on each worker and watches the one on a node. The function that it returns says whether that one was moved
// away in order, and another one runs in its place.
func (s *stack) spread(t *testing.T, node string) (evicted func(t *testing.T)) {
	t.Helper()
	pod := s.DecentPod(framework.TenantBlue, "spread")
	labels := pod.Labels
	pod.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
			Weight: 100, PodAffinityTerm: corev1.PodAffinityTerm{
				LabelSelector: &metav1.LabelSelector{MatchLabels: labels}, TopologyKey: corev1.LabelHostname,
			},
		}},
	}}
	replicas := int32(2)
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "spread", Namespace: framework.TenantBlue},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec},
		},
	}
	deployments := s.Client.AppsV1().Deployments(framework.TenantBlue)
	if _, err := deployments.Create(t.Context(), deployment, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ready := func(on int) func(context.Context) error {
		return func(ctx context.Context) error {
			pods, err := s.Client.CoreV1().Pods(framework.TenantBlue).List(ctx, metav1.ListOptions{LabelSelector: "app=spread"})
			if err != nil {
				return err
			}
			nodes := map[string]bool{}
			count := 0
			for _, each := range pods.Items {
				if each.DeletionTimestamp == nil && live.Ready(&each) == nil {
					count++
					nodes[each.Spec.NodeName] = true
				}
			}
			if count != int(replicas) || len(nodes) != on {
				return fmt.Errorf("%d are ready, on %d nodes", count, len(nodes))
			}
			return nil
		}
	}
	framework.Eventually(t, "a pod on each worker", time.Minute, ready(2))
	pods, err := s.Client.CoreV1().Pods(framework.TenantBlue).Watch(t.Context(), metav1.ListOptions{LabelSelector: "app=spread"})
	if err != nil {
		t.Fatal(err)
	}
	reasons := make(chan string, 100)
	go func() {
		defer close(reasons)
		for event := range pods.ResultChan() {
			each, ok := event.Object.(*corev1.Pod)
			if !ok || each.Spec.NodeName != node {
				continue
			}
			for _, condition := range each.Status.Conditions {
				if condition.Type == corev1.DisruptionTarget {
					reasons <- condition.Reason
				}
			}
		}
	}()
	return func(t *testing.T) {
		t.Helper()
		framework.Eventually(t, "both pods on the worker that stays", 2*time.Minute, ready(1))
		pods.Stop()
		if reason := <-reasons; reason != "EvictionByEvictionAPI" {
			t.Errorf("the pod on %s was not moved away in order: %q", node, reason)
		}
		if err := deployments.Delete(t.Context(), deployment.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	}
}

// lose removes a node's container as somebody would who takes it for something else.
func lose(t *testing.T, node string) {
	t.Helper()
	for _, engine := range live.Engines(t.Context()) {
		if _, err := engine.Inspect(t.Context(), node); err != nil {
			continue
		}
		if _, err := engine.Run(t.Context(), "rm", "--force", "--volumes", node); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no engine has %s", node)
}
