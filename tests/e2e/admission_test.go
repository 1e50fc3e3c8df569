package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// The policies that must be the ones to refuse: a denial by anything else proves nothing about them.
const (
	podSecurityDenial = `violates PodSecurity "restricted:`
	policyDenial      = `ValidatingAdmissionPolicy`
	foreignDenial     = "image from a registry that is not allowed"
	movingDenial      = "image that may change without notice"
)

// anyDigest is one that an image could have. What is refused for its registry has it: without one it would be refused for that.
var anyDigest = "@sha256:" + strings.Repeat("0", 64)

// admissionTable is what an API server of ours must refuse, each one change away from the pod that it admits.
func admissionTable() []struct {
	says   string
	change func(*corev1.PodSpec)
	denial []string
} {
	image := func(reference string) func(*corev1.PodSpec) {
		return func(spec *corev1.PodSpec) { spec.Containers[0].Image = reference }
	}
	yes := true
	return []struct {
		says   string
		change func(*corev1.PodSpec)
		denial []string
	}{
		{"privileged container", func(spec *corev1.PodSpec) {
			security := spec.Containers[0].SecurityContext
			// The two exclude each other, and that is not what is to be refused.
			security.Privileged, security.AllowPrivilegeEscalation = &yes, nil
		}, []string{podSecurityDenial, "privileged"}},
		{"host network", func(spec *corev1.PodSpec) { spec.HostNetwork = true }, []string{podSecurityDenial, "host namespaces"}},
		{"host path", func(spec *corev1.PodSpec) {
			spec.Volumes = []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
		}, []string{podSecurityDenial, "hostPath"}},
		{"root", func(spec *corev1.PodSpec) {
			spec.SecurityContext.RunAsNonRoot = nil
			spec.SecurityContext.RunAsUser = new(int64)
		}, []string{podSecurityDenial, "runAsNonRoot"}},
		// Left out, the safe defaults drop them.
		{"most capabilities kept", func(spec *corev1.PodSpec) {
			spec.Containers[0].SecurityContext.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"NET_RAW"}}
		}, []string{podSecurityDenial, "capabilities"}},
		{"tag latest", image("registry.k8s.io/pause:latest"), []string{policyDenial, movingDenial, "registry.k8s.io/pause:latest"}},
		{"no tag", image("registry.k8s.io/pause"), []string{policyDenial, movingDenial, "registry.k8s.io/pause"}},
		{"no tag, registry with a port", image("registry.k8s.io:443/pause"), []string{policyDenial, "registry.k8s.io:443/pause"}},
		{"tag and no digest", image("registry.k8s.io/pause:3.10"), []string{policyDenial, "image without a digest", "registry.k8s.io/pause:3.10"}},
		{"foreign registry", image("ghcr.io/someone/something:v1" + anyDigest), []string{policyDenial, foreignDenial, "ghcr.io/someone/something:v1"}},
		{"implied registry", image("nginx:1.29" + anyDigest), []string{policyDenial, foreignDenial, "nginx:1.29"}},
		{"allowed registry as a prefix of the host", image("registry.k8s.io.evil.example/pause:3.10" + anyDigest), []string{policyDenial, foreignDenial, "registry.k8s.io.evil.example"}},
		{"allowed registry as a path", image("evil.example/registry.k8s.io/pause:3.10" + anyDigest), []string{policyDenial, foreignDenial, "evil.example"}},
		{"foreign image in an init container", func(spec *corev1.PodSpec) {
			init := *spec.Containers[0].DeepCopy()
			init.Name, init.Image = "init", "ghcr.io/someone/init:v1"+anyDigest
			spec.InitContainers = []corev1.Container{init}
		}, []string{policyDenial, foreignDenial, "ghcr.io/someone/init:v1"}},
		{"foreign image in the second container", func(spec *corev1.PodSpec) {
			second := *spec.Containers[0].DeepCopy()
			second.Name, second.Image = "second", "ghcr.io/someone/second:v1"+anyDigest
			spec.Containers = append(spec.Containers, second)
		}, []string{policyDenial, foreignDenial, "ghcr.io/someone/second:v1"}},
	}
}

// TestBadPodsAreRefused asks the real API server, without storing anything, in a tenant's namespace and in one that no
// component of ours made.
func TestBadPodsAreRefused(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{framework.TenantBlue, cluster.Namespace(t)} {
		for _, row := range admissionTable() {
			t.Run(row.says+" in "+strings.TrimRight(namespace, "0123456789"), func(t *testing.T) {
				t.Parallel()
				pod := cluster.DecentPod(namespace, "probe")
				if err := createDry(t, pod); err != nil {
					t.Fatalf("control: the decent pod is refused: %v", err)
				}
				row.change(&pod.Spec)
				mustBeDenied(t, createDry(t, pod), row.denial)
			})
		}
	}
}

// TestBadPodTemplatesAreRefused: a policy that looked at pods only would let a Deployment in and fail later, where nobody
// looks.
func TestBadPodTemplatesAreRefused(t *testing.T) {
	t.Parallel()
	deployment := func(change func(*corev1.PodSpec)) error {
		pod := cluster.DecentPod(framework.TenantBlue, "template")
		change(&pod.Spec)
		return createDeploymentDry(t, pod)
	}
	if err := deployment(func(*corev1.PodSpec) {}); err != nil {
		t.Fatalf("control: a decent template is refused: %v", err)
	}
	for _, row := range admissionTable() {
		// Pod Security warns of templates and refuses their pods, by design.
		if row.denial[0] != policyDenial {
			continue
		}
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			mustBeDenied(t, deployment(row.change), row.denial)
		})
	}
}

// TestContainersHaveBounds: where no LimitRange gives any, whoever names none is refused, and not only their pods later. In
// a tenant's namespace they get the tenant's (TestTenantsPodsGetLimits).
func TestContainersHaveBounds(t *testing.T) {
	t.Parallel()
	pod := cluster.DecentPod(cluster.Namespace(t), "bounds")
	if err := createDry(t, pod); err != nil {
		t.Fatalf("control: the decent pod is refused: %v", err)
	}
	pod.Spec.Containers[0].Resources = corev1.ResourceRequirements{}
	mustBeDenied(t, createDry(t, pod), []string{policyDenial, "without bounds", "agnhost"})
	if err := createDeploymentDry(t, pod); err == nil || !strings.Contains(err.Error(), "without bounds") {
		t.Errorf("a template without bounds, where nothing gives any: %v", err)
	}
	pod.Namespace = framework.TenantBlue
	if err := createDeploymentDry(t, pod); err != nil {
		t.Errorf("a template without bounds, where the tenant gives them: %v", err)
	}
}

// TestEphemeralContainersAreHeldToTheSameRules: the one way to put a new image into a pod that already runs.
func TestEphemeralContainersAreHeldToTheSameRules(t *testing.T) {
	t.Parallel()
	pod := cluster.RunPod(t, cluster.DecentPod(cluster.Namespace(t), "debugged"))
	attach := func(image string) error {
		current, err := cluster.Client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Spec.EphemeralContainers = []corev1.EphemeralContainer{{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: "debugger", Image: image, SecurityContext: pod.Spec.Containers[0].SecurityContext,
			},
		}}
		_, err = cluster.Client.CoreV1().Pods(pod.Namespace).UpdateEphemeralContainers(
			t.Context(), pod.Name, current, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	if err := attach(cluster.AgnhostImage); err != nil {
		t.Fatalf("control: an approved debugger is refused: %v", err)
	}
	mustBeDenied(t, attach("ghcr.io/someone/debugger:v1"+anyDigest), []string{policyDenial, foreignDenial, "ghcr.io/someone/debugger:v1"})
}

// TestRunningPodsImageCannotBeSwapped: an update is held to the rules of a create.
func TestRunningPodsImageCannotBeSwapped(t *testing.T) {
	t.Parallel()
	pod := cluster.RunPod(t, cluster.DecentPod(cluster.Namespace(t), "swapped"))
	swap := func(image string) error {
		current, err := cluster.Client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Spec.Containers[0].Image = image
		_, err = cluster.Client.CoreV1().Pods(pod.Namespace).Update(
			t.Context(), current, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	if err := swap("registry.k8s.io/pause@sha256:" + strings.Repeat("0", 64)); err != nil {
		t.Fatalf("control: another approved image is refused: %v", err)
	}
	mustBeDenied(t, swap("ghcr.io/someone/swapped:v1"+anyDigest), []string{policyDenial, foreignDenial, "ghcr.io/someone/swapped:v1"})
}

// TestDecentPodRuns is the other half of every denial here: the same pod without the fault is admitted and works.
func TestDecentPodRuns(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{framework.TenantBlue, framework.TenantGreen} {
		cluster.RunPod(t, cluster.DecentPod(namespace, "decent"))
	}
}

func createDry(t *testing.T, pod *corev1.Pod) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := cluster.Client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func createDeploymentDry(t *testing.T, pod *corev1.Pod) error {
	t.Helper()
	// The template's other fields are defaulted; this one must be so.
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	_, err := cluster.Client.AppsV1().Deployments(pod.Namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "template"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: pod.Labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec},
		},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func mustBeDenied(t *testing.T, err error, denial []string) {
	t.Helper()
	switch {
	case err == nil:
		t.Error("admitted")
		return
	case !apierrors.IsForbidden(err):
		t.Errorf("refused, but not by admission: %v", err)
	}
	var missing error
	for _, part := range denial {
		if !strings.Contains(err.Error(), part) {
			missing = errors.Join(missing, fmt.Errorf("the message does not say %q", part))
		}
	}
	if missing != nil {
		t.Errorf("%v: %v", missing, err)
	}
}
