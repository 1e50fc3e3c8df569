package framework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
)

// podDeadline is for a pod of the tests to become ready: its image is on the node.
const podDeadline = 90 * time.Second

// Ports that a server pod answers on.
const (
	TCPPort = 8080
	UDPPort = 8081
)

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

// DecentPod is a pod that every policy of the product admits: an approved image with a tag, and the restricted profile.
// It serves TCPPort and UDPPort.
func (c *Cluster) DecentPod(namespace, name string) *corev1.Pod {
	yes, no, user := true, false, int64(65532)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			// A deleted pod need not be polite.
			TerminationGracePeriodSeconds: new(int64),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: &yes, RunAsUser: &user,
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name:            "agnhost",
				Image:           c.AgnhostImage,
				ImagePullPolicy: corev1.PullNever,
				Args: []string{
					"netexec", fmt.Sprintf("--http-port=%d", TCPPort), fmt.Sprintf("--udp-port=%d", UDPPort),
				},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: &no,
					Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
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
			for _, condition := range created.Status.Conditions {
				if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return errors.New(DescribePod(created))
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
				{Name: "tcp", Protocol: corev1.ProtocolTCP, Port: TCPPort, TargetPort: intstr.FromInt32(TCPPort)},
				{Name: "udp", Protocol: corev1.ProtocolUDP, Port: UDPPort, TargetPort: intstr.FromInt32(UDPPort)},
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

// DescribePod is one line on why a pod does not run.
func DescribePod(pod *corev1.Pod) string {
	parts := []string{string(pod.Status.Phase)}
	for _, condition := range pod.Status.Conditions {
		if condition.Status == corev1.ConditionFalse && condition.Message != "" {
			parts = append(parts, fmt.Sprintf("%s: %s", condition.Reason, condition.Message))
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		if waiting := status.State.Waiting; waiting != nil {
			parts = append(parts, fmt.Sprintf("%s: %s %s", status.Name, waiting.Reason, waiting.Message))
		}
		if ended := status.State.Terminated; ended != nil {
			parts = append(parts, fmt.Sprintf("%s: exit status %d %s %s",
				status.Name, ended.ExitCode, ended.Reason, ended.Message))
		}
	}
	return strings.Join(parts, "; ")
}

// ExecPod runs a command in a pod's first container, as the administrator. A command that fails is an error that holds
// what it printed on standard error.
func (c *Cluster) ExecPod(ctx context.Context, namespace, pod string, command ...string) (string, error) {
	request := c.Client.CoreV1().RESTClient().Get().
		Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: command, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	executor, err := remotecommand.NewWebSocketExecutor(c.Admin, "GET", request.URL().String())
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		return stdout.String(), fmt.Errorf("%s in pod %s/%s: %w: %s",
			strings.Join(command, " "), namespace, pod, err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
