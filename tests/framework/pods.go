package framework

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/rampart-iac/rampart/verify/live"
)

// podDeadline is for a pod of the tests to become ready: its image is on the node.
const podDeadline = 90 * time.Second

// ExemptNamespace is a namespace that the stack's configuration exempts from the isolation of the cluster. Control
// experiments start from it and end at it.
const ExemptNamespace = "e2e-exempt"

// Exempt makes sure that the exempt namespace is there, and returns its name. It stays: other tests use it too.
func (c *Cluster) Exempt(t *testing.T) string {
	t.Helper()
	_, err := c.Client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ExemptNamespace}}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	return ExemptNamespace
}

// Namespace makes a namespace with a random name, which is nobody's, for the length of the test.
func (c *Cluster) Namespace(t *testing.T) string {
	t.Helper()
	namespace, err := c.Client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := c.Client.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return namespace.Name
}

// RunPod creates a pod and waits until it is ready and has an address. The test deletes it at its end.
func (c *Cluster) RunPod(t *testing.T, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	c.CreatePod(t, pod)
	return c.AwaitPod(t, pod)
}

// CreatePod creates a pod and does not wait for it. The test deletes it at its end.
func (c *Cluster) CreatePod(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	pods := c.Client.CoreV1().Pods(pod.Namespace)
	if _, err := pods.Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatalf("creating pod %s/%s: %v", pod.Namespace, pod.Name, err)
	}
	t.Cleanup(func() {
		err := pods.Delete(context.WithoutCancel(t.Context()), pod.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// AwaitPod waits until a pod is ready and has an address.
func (c *Cluster) AwaitPod(t *testing.T, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	var created *corev1.Pod
	Eventually(t, fmt.Sprintf("pod %s/%s to be ready", pod.Namespace, pod.Name), podDeadline,
		func(ctx context.Context) (err error) {
			created, err = c.Client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			return live.Ready(created)
		})
	return created
}

// Serve makes a service of the same name in front of a server pod.
func (c *Cluster) Serve(t *testing.T, pod *corev1.Pod) *corev1.Service {
	t.Helper()
	services := c.Client.CoreV1().Services(pod.Namespace)
	service, err := services.Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": pod.Name},
			Ports: []corev1.ServicePort{
				{Name: "tcp", Protocol: corev1.ProtocolTCP, Port: live.TCPPort, TargetPort: intstr.FromInt32(live.TCPPort)},
				{Name: "udp", Protocol: corev1.ProtocolUDP, Port: live.UDPPort, TargetPort: intstr.FromInt32(live.UDPPort)},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := services.Delete(ctx, service.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return service
}
