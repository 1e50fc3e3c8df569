package attacks

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

func imageAttacks() []verify.Attack {
	return []verify.Attack{{
		Name: "images", Does: "bring foreign and unnamed images in, every way there is",
		Proves: ids("RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003"), Needs: []verify.Need{verify.NeedPods}, Run: images,
	}}
}

// badImage is a reference that must not get in.
type badImage struct {
	control         baseline.ControlID
	says, reference string
}

// anyDigest is one that an image could have.
var anyDigest = "@sha256:" + strings.Repeat("0", 2*sha256.Size)

// badImages are made from the registry that the probes' own image comes from, which is an approved one. What is about where an
// image comes from has a digest: without one, the rule about digests would refuse it, too.
func badImages(approved string) []badImage {
	registry, _, _ := strings.Cut(approved, "/")
	const where, which, digest = "RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003"
	return []badImage{
		{where, "of a foreign registry", "foreign.example/someone/something:v1" + anyDigest},
		{where, "of the implied registry", "nginx:1.29" + anyDigest},
		{where, "whose registry starts like an approved one", registry + ".evil.example/pause:3.10" + anyDigest},
		{where, "whose path looks like an approved registry", "evil.example/" + registry + "/pause:3.10" + anyDigest},
		{where, "with a reference that is none", registry + "/Pause:3.10" + anyDigest},
		{which, "with the tag latest", registry + "/pause:latest"},
		{which, "without a tag", registry + "/pause"},
		{which, "without a tag, of a registry with a port", registry + ":443/pause"},
		{digest, "with a tag and no digest", registry + "/pause:3.10"},
	}
}

// way is one way to bring an image in.
type way struct {
	says string
	try  func(ctx context.Context, scope *verify.Scope, namespace, image string) error
}

func ways(running *corev1.Pod) []way {
	template := func(scope *verify.Scope, namespace, image string) corev1.PodTemplateSpec {
		pod := scope.DecentPod(namespace, "template")
		pod.Spec.Containers[0].Image = image
		return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels}, Spec: pod.Spec}
	}
	meta := metav1.ObjectMeta{Name: "rampart-verify-images"}
	return []way{
		{"a pod", func(ctx context.Context, scope *verify.Scope, namespace, image string) error {
			pod := scope.DecentPod(namespace, "probe")
			pod.Spec.Containers[0].Image = image
			return createDry(ctx, scope, pod)
		}},
		{"an init container", func(ctx context.Context, scope *verify.Scope, namespace, image string) error {
			pod := scope.DecentPod(namespace, "probe")
			init := *pod.Spec.Containers[0].DeepCopy()
			init.Name, init.Image = "init", image
			pod.Spec.InitContainers = []corev1.Container{init}
			return createDry(ctx, scope, pod)
		}},
		{"a Deployment", func(ctx context.Context, scope *verify.Scope, namespace, image string) error {
			spec := template(scope, namespace, image)
			_, err := scope.Client.AppsV1().Deployments(namespace).Create(ctx, &appsv1.Deployment{
				ObjectMeta: meta,
				Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: spec.Labels}, Template: spec},
			}, dryRun)
			return err
		}},
		{"a CronJob", func(ctx context.Context, scope *verify.Scope, namespace, image string) error {
			spec := template(scope, namespace, image)
			spec.Spec.RestartPolicy = corev1.RestartPolicyNever
			job := batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: spec}}
			_, err := scope.Client.BatchV1().CronJobs(namespace).Create(ctx, &batchv1.CronJob{
				ObjectMeta: meta, Spec: batchv1.CronJobSpec{Schedule: "0 0 * * *", JobTemplate: job},
			}, dryRun)
			return err
		}},
		{"an ephemeral container", func(ctx context.Context, scope *verify.Scope, _, image string) error {
			pod := running.DeepCopy()
			pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: "debugger", Image: image, SecurityContext: pod.Spec.Containers[0].SecurityContext,
			}}}
			_, err := scope.Client.CoreV1().Pods(pod.Namespace).UpdateEphemeralContainers(
				ctx, pod.Name, pod, metav1.UpdateOptions{DryRun: dryRun.DryRun})
			return err
		}},
		{"a running pod", func(ctx context.Context, scope *verify.Scope, _, image string) error {
			pod := running.DeepCopy()
			pod.Spec.Containers[0].Image = image
			_, err := scope.Client.CoreV1().Pods(pod.Namespace).Update(ctx, pod, metav1.UpdateOptions{DryRun: dryRun.DryRun})
			return err
		}},
	}
}

// images brings each reference in each way, and the approved one as well.
func images(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	namespace, err := scope.Namespace(ctx, "images")
	if err != nil {
		return err
	}
	pod := scope.DecentPod(namespace, "standing")
	pod.Spec.NodeSelector = map[string]string{verify.RunLabel: "nowhere"} // it need not run
	running, err := scope.StartPod(ctx, pod)
	if err := trial.Control("a pod of an approved image is created", err); err != nil {
		return err
	}
	running.ResourceVersion = "" // whatever happens to it meanwhile
	type attempt struct {
		way   way
		image badImage
	}
	var attempts []attempt
	for _, way := range ways(running) {
		err := way.try(ctx, scope, namespace, scope.AgnhostImage)
		if err := trial.Control(way.says+" with an approved image is admitted", err); err != nil {
			return err
		}
		for _, image := range badImages(scope.AgnhostImage) {
			attempts = append(attempts, attempt{way, image})
		}
	}
	err = inParallel(attempts, func(a attempt) error {
		err := a.way.try(ctx, scope, namespace, a.image.reference)
		switch {
		case err == nil:
			trial.Broken(a.image.control, "%s brings in an image %s: %s", a.way.says, a.image.says, a.image.reference)
		case !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err):
			return fmt.Errorf("%s with image %s: %w", a.way.says, a.image.reference, err)
		case !strings.Contains(err.Error(), a.image.reference):
			return fmt.Errorf("%s with image %s is refused, but for something else: %w", a.way.says, a.image.reference, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, control := range ids("RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003") {
		trial.Held(control, "%d ways to bring bad images in are shut, the same ways are open for an approved one", len(attempts))
	}
	return nil
}
