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

// Namespace makes a namespace with a random name that no policy of the product covers, for the length of the test.
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
	pods := c.Client.CoreV1().Pods(pod.Namespace)
	created, err := pods.Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("creating pod %s/%s: %v", pod.Namespace, pod.Name, err)
	}
	t.Cleanup(func() {
		err := pods.Delete(context.WithoutCancel(t.Context()), created.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	Eventually(t, fmt.Sprintf("pod %s/%s to be ready", created.Namespace, created.Name), podDeadline,
		func(ctx context.Context) error {
			created, err = pods.Get(ctx, pod.Name, metav1.GetOptions{})
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
