package full

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// TestTheWayBackFromAnUpgrade goes the way that docs/operations.md shows, with a cluster that is protected, as one is that
// matters to somebody: what was there before the upgrade is there again, pods and nodes that join know the authority of the
// cluster that there is now, and every control is proven.
//
//nolint:paralleltest // one cluster at a time
func TestTheWayBackFromAnUpgrade(t *testing.T) {
	s := newStack(t, map[string]any{"kubernetesVersion": minorVersion, "ephemeral": false})
	const value = "canary of before the upgrade"
	s.putSecret(t, "before", value)
	deployment := s.deploy(t, "before")
	before := s.authority(t)

	s.upgrade(t, patchVersion, func() { s.mustUp(t) })
	s.putSecret(t, "later", "gone on the way back")
	taken, err := filepath.Glob(filepath.Join(s.Home(), "snapshots", "*-"+minorVersion+"-*"))
	if err != nil || len(taken) != 1 {
		t.Fatalf("snapshots: %v, %v; want one", taken, err)
	}
	s.configure(t, map[string]any{"kubernetesVersion": minorVersion})
	result, err := s.Run(t.Context(), "destroy", "--keep-key")
	if err == nil || !strings.Contains(result.Output(), "--unprotect") {
		t.Errorf("a protected cluster: %v, want a refusal that names --unprotect", err)
	}
	if containers, err := s.NodeContainers(t.Context()); err != nil || len(containers) != 2 {
		t.Fatalf("after it was refused: containers %v, %v", containers, err)
	}

	if _, err := s.Run(t.Context(), "destroy", "--keep-key", "--unprotect"); err != nil {
		t.Fatal(err)
	}
	s.mustUp(t)
	if _, err := s.Run(t.Context(), "snapshot", "restore", "--force", taken[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), "up", "--refresh"); err != nil {
		t.Fatal(err)
	}
	s.connect(t)
	framework.Eventually(t, "all nodes to be ready", 3*time.Minute, s.NodesReady)
	framework.Eventually(t, "all pods to be ready", 3*time.Minute, s.PodsReady)
	s.runs(t, minorVersion)
	if s.authority(t) == before {
		t.Error("control: the authority is that of before, so that nothing had to learn of another one")
	}
	secrets := s.Client.CoreV1().Secrets(framework.TenantBlue)
	if secret, err := secrets.Get(t.Context(), "before", metav1.GetOptions{}); err != nil || string(secret.Data["value"]) != value {
		t.Errorf("the secret of before the upgrade: %v", err)
	}
	if _, err := secrets.Get(t.Context(), "later", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the secret of after the upgrade: %v, want that there is none", err)
	}
	s.runsAgain(t, deployment)
	s.knowsItsAuthority(t)
	s.holds(t)

	s.configure(t, map[string]any{"workers": 2})
	s.mustUp(t)
	s.connect(t)
	s.works(t, s.Product.Cluster+"-worker2")
	s.KnowsNoToken(t)
}

func (s *stack) putSecret(t *testing.T, name, value string) {
	t.Helper()
	if _, err := s.Client.CoreV1().Secrets(framework.TenantBlue).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"value": value},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// deploy runs a pod that something makes anew.
func (s *stack) deploy(t *testing.T, name string) *appsv1.Deployment {
	t.Helper()
	pod := s.DecentPod(framework.TenantBlue, name)
	one := int32(1)
	deployment, err := s.Client.AppsV1().Deployments(framework.TenantBlue).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.runsAgain(t, deployment)
	return deployment
}

// runsAgain waits until the deployment has its pod, and a command runs in it.
func (s *stack) runsAgain(t *testing.T, deployment *appsv1.Deployment) {
	t.Helper()
	framework.Eventually(t, "the deployment's pod to run", 3*time.Minute, func(ctx context.Context) error {
		pods, err := s.Client.CoreV1().Pods(deployment.Namespace).List(ctx, metav1.ListOptions{
			LabelSelector: metav1.FormatLabelSelector(deployment.Spec.Selector),
		})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp == nil && live.Ready(&pod) == nil {
				_, err := s.ExecPod(ctx, pod.Namespace, pod.Name, "/agnhost", "help")
				return err
			}
		}
		return fmt.Errorf("none of %d is ready", len(pods.Items))
	})
}

// authority is the one that signs what the API server and the kubelets show.
func (s *stack) authority(t *testing.T) string {
	t.Helper()
	text, err := s.ControlPlane().Exec(t.Context(), "cat", "/etc/kubernetes/pki/ca.crt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text)
}

// knowsItsAuthority looks at every place where somebody learns whom to trust.
func (s *stack) knowsItsAuthority(t *testing.T) {
	t.Helper()
	want := s.authority(t)
	namespaces, err := s.Client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, namespace := range namespaces.Items {
		published, err := s.Client.CoreV1().ConfigMaps(namespace.Name).Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{})
		if err != nil || strings.TrimSpace(published.Data["ca.crt"]) != want {
			t.Errorf("pods of namespace %s are told of another authority: %v", namespace.Name, err)
		}
	}
	info, err := s.Client.CoreV1().ConfigMaps(metav1.NamespacePublic).Get(t.Context(), "cluster-info", metav1.GetOptions{})
	if err != nil || !strings.Contains(info.Data["kubeconfig"], base64.StdEncoding.EncodeToString([]byte(want+"\n"))) {
		t.Errorf("nodes that join are told of another authority: %v", err)
	}
}
