package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
)

// Ports that a server pod answers on.
const (
	TCPPort = 8080
	UDPPort = 8081
)

// DecentPod is a pod that every policy of the product admits: an approved image with a tag, limits, and the restricted profile.
// It serves TCPPort and UDPPort soon after it started.
func (c *Cluster) DecentPod(namespace, name string) *corev1.Pod {
	yes, no, user, grace := true, false, int64(65532), int64(1)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{
			// The shortest with which the API server knows of a pod until its kubelet has removed it. At 0 it forgets it at once: Felix
			// programs no policy for it then, and if the CNI plugin is waiting for that, the address is kept for four minutes.
			TerminationGracePeriodSeconds: &grace,
			// Said, and not left to the account, so that an account which mounts its token changes nothing for this pod.
			AutomountServiceAccountToken: &no,
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: &yes, RunAsUser: &user,
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name:            "agnhost",
				Image:           c.AgnhostImage,
				ImagePullPolicy: c.pullPolicy,
				Args: []string{
					"netexec", fmt.Sprintf("--http-port=%d", TCPPort), fmt.Sprintf("--udp-port=%d", UDPPort),
				},
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{
						corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi"),
					},
					// A dozen connections are tried from one pod at the same time, each by a process of its own. One that is
					// killed for want of memory, or starved, would look like a network that is shut.
					Limits: corev1.ResourceList{
						corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi"),
					},
				},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: &no,
					Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

// ServingPod is a decent pod that is ready when it serves. One that only runs refuses what it is asked on a busy machine,
// which looks like a firewall.
func (c *Cluster) ServingPod(namespace, name string) *corev1.Pod {
	pod := c.DecentPod(namespace, name)
	pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(TCPPort)}},
		PeriodSeconds: 1, TimeoutSeconds: 5, FailureThreshold: 10,
	}
	return pod
}

// Ready says that a pod is ready, or why it is not.
func Ready(pod *corev1.Pod) error {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
			return nil
		}
	}
	return errors.New(DescribePod(pod))
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
