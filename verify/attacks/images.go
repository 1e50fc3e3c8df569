package attacks

import (
	"context"
	"crypto/sha256"
	"errors"
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
		Proves: ids(whereControl, whichControl, digestControl), Needs: []verify.Need{verify.NeedPods}, Run: images,
	}}
}

// The controls of images: where they come from, which they are, and that they stay the same.
const (
	whereControl  = "RMP-IMG-001"
	whichControl  = "RMP-IMG-002"
	digestControl = "RMP-IMG-003"
)

// badImage is a reference that must not get in.
type badImage struct {
	control         baseline.ControlID
	says, reference string
}

// anyDigest is one that an image could have.
var anyDigest = "@sha256:" + strings.Repeat("0", 2*sha256.Size)

// badImages are made from the registry that the probes' own image comes from, which is an approved one. What is about where an
// image comes from has a digest: without one, the rule about digests would refuse it, too. What is about tags cannot have
// one, which would say which image it is: judgeImages tells the two rules apart.
func badImages(approved string) []badImage {
	registry, _, _ := strings.Cut(approved, "/")
	return []badImage{
		{whereControl, "of a foreign registry", "foreign.example/someone/something:v1" + anyDigest},
		{whereControl, "of the implied registry", "nginx:1.29" + anyDigest},
		{whereControl, "whose registry starts like an approved one", registry + ".evil.example/pause:3.10" + anyDigest},
		{whereControl, "whose path looks like an approved registry", "evil.example/" + registry + "/pause:3.10" + anyDigest},
		{whereControl, "with a reference that is none", registry + "/Pause:3.10" + anyDigest},
		{whichControl, "with the tag latest", registry + "/pause:latest"},
		{whichControl, "without a tag", registry + "/pause"},
		{whichControl, "without a tag, of a registry with a port", registry + ":443/pause"},
		{digestControl, "with a tag and no digest", registry + "/pause:3.10"},
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
	namespace, err := scope.CommonNamespace(ctx)
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
	var attempts []*imageAttempt
	for _, way := range ways(running) {
		err := way.try(ctx, scope, namespace, scope.AgnhostImage)
		if err := trial.Control(way.says+" with an approved image is admitted", err); err != nil {
			return err
		}
		for _, image := range badImages(scope.AgnhostImage) {
			attempts = append(attempts, &imageAttempt{way: way, image: image})
		}
	}
	_ = inParallel(attempts, func(a *imageAttempt) error {
		a.answer = a.way.try(ctx, scope, namespace, a.image.reference)
		return nil
	})
	return judgeImages(trial, attempts)
}

// imageAttempt is an image that was brought in in one way, and the answer to it.
type imageAttempt struct {
	way    way
	image  badImage
	answer error
}

// refusal is the answer without what is about this one image: two images that are refused by one rule have the same.
func (a imageAttempt) refusal() string {
	return strings.ReplaceAll(a.answer.Error(), a.image.reference, "...")
}

// judgeImages says what the answers mean. An image with a moving tag has no digest, either. Where that is what it is refused
// for, with the very words that are said to any other tag, nothing holds tags: with digests waived, it would get in.
func judgeImages(trial *verify.Trial, attempts []*imageAttempt) error {
	undigested, tried := map[string]string{}, map[baseline.ControlID]int{}
	for _, a := range attempts {
		tried[a.image.control]++
		if a.image.control == digestControl && a.answer != nil {
			undigested[a.way.says] = a.refusal()
		}
	}
	var failed error
	for _, a := range attempts {
		switch err := a.answer; {
		case err == nil:
			trial.Broken(a.image.control, "%s brings in an image %s: %s", a.way.says, a.image.says, a.image.reference)
		case !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err):
			failed = errors.Join(failed, fmt.Errorf("%s with image %s: %w", a.way.says, a.image.reference, err))
		case !strings.Contains(err.Error(), a.image.reference):
			failed = errors.Join(failed, fmt.Errorf("%s with image %s is refused, but for something else: %w",
				a.way.says, a.image.reference, err))
		case a.image.control == whichControl && a.refusal() == undigested[a.way.says]:
			trial.Broken(whichControl, "%s with an image %s is refused for want of a digest alone, as one with any tag is: %s",
				a.way.says, a.image.says, a.image.reference)
		}
	}
	if failed != nil {
		return failed
	}
	for _, control := range ids(whereControl, whichControl, digestControl) {
		trial.Held(control, "%d ways to bring such an image in are shut, the same ways are open for an approved one", tried[control])
	}
	return nil
}
