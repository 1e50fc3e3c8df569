package full

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	s.knowsNoToken(t)

	s.configure(t, map[string]any{"workers": 2})
	s.mustUp(t)
	s.connect(t)
	s.works(t, second)
	s.knowsNoToken(t)
	s.holds(t)

	lose(t, second)
	if _, err := s.Run(t.Context(), "up", "--refresh"); err != nil {
		t.Fatal(err)
	}
	s.connect(t)
	s.works(t, second)

	s.configure(t, map[string]any{"workers": 1})
	s.mustUp(t)
	s.connect(t)
	containers, err := s.NodeContainers(t.Context())
	if err != nil || slices.Contains(containers, second) || len(s.Nodes()) != 2 {
		t.Errorf("after it was sent away: containers %v, nodes %d, %v", containers, len(s.Nodes()), err)
	}
	s.holds(t)
}

// works runs a pod on a node, reads its log and runs a command in it, which needs the kubelet's serving certificate.
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
	ctx := context.WithoutCancel(t.Context())
	if err := s.Client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	framework.Eventually(t, "the pod to be gone", time.Minute, func(ctx context.Context) error {
		if _, err := s.Client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{}); err == nil {
			return errors.New("it is still there")
		}
		return nil
	})
}

// knowsNoToken comes with the token that is the same in every cluster that kind makes, and looks for any other. The control
// is a token that was just made.
func (s *stack) knowsNoToken(t *testing.T) {
	t.Helper()
	ask := func(token string) error {
		client, err := s.As(token)
		if err != nil {
			return err
		}
		_, err = client.AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		return err
	}
	if err := ask("abcdef.0123456789abcdef"); err == nil {
		t.Error("the token that every kind cluster has is good here")
	}
	secrets, err := s.Client.CoreV1().Secrets(metav1.NamespaceSystem).List(t.Context(), metav1.ListOptions{
		FieldSelector: "type=bootstrap.kubernetes.io/token",
	})
	if err != nil || len(secrets.Items) != 0 {
		t.Errorf("tokens for joining: %d, %v; want none", len(secrets.Items), err)
	}
	made, err := s.ControlPlane().Exec(t.Context(), "kubeadm", "token", "create", "--ttl", "2m", "--kubeconfig", "/etc/kubernetes/admin.conf")
	if err != nil {
		t.Fatal(err)
	}
	made = strings.TrimSpace(made)
	framework.Eventually(t, "control: a token that was just made to be good", time.Minute, func(context.Context) error { return ask(made) })
	id, _, _ := strings.Cut(made, ".")
	if _, err := s.ControlPlane().Exec(t.Context(), "kubeadm", "token", "delete", id, "--kubeconfig", "/etc/kubernetes/admin.conf"); err != nil {
		t.Error(err)
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
	t.Fatal(fmt.Errorf("no engine has %s", node))
}
