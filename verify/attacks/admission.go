package attacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

func admissionAttacks() []verify.Attack {
	needs := []verify.Need{verify.NeedPods}
	return []verify.Attack{
		{
			Name: "unasked-tokens", Does: "get tokens that nobody asked for, and tokens that never end",
			Proves: ids("RMP-ADM-004"), Needs: needs, Run: unaskedTokens,
		}, {
			Name: "unlimited", Does: "start a container without limits",
			Proves: ids("RMP-ADM-005"), Needs: needs, Run: unlimited,
		}, {
			Name: "unprobed", Does: "start a container without probes where they are asked for",
			Proves: ids("RMP-ADM-006"), Needs: needs, Run: unprobed,
		}, {
			Name: "host-volumes", Does: "make a volume of a folder of a node",
			Proves: ids("RMP-ADM-007"), Run: hostVolumes,
		}, {
			Name: "exposure", Does: "take traffic that is meant for others",
			Proves: ids("RMP-ADM-009"), Run: exposure,
		}, {
			Name: "safe-defaults", Does: "leave open what a pod may leave open",
			Proves: ids("RMP-ADM-012"), Needs: needs, Run: safeDefaults,
		},
	}
}

// attempt is something that admission must refuse.
type attempt struct {
	says string
	try  func(context.Context) error
}

// mustBeRefused makes attempts whose refusal shows that a control holds.
func mustBeRefused(ctx context.Context, trial *verify.Trial, control baseline.ControlID, attempts []attempt) error {
	for _, attempt := range attempts {
		if _, err := attempt.refused(ctx, trial, control); err != nil {
			return err
		}
	}
	return nil
}

// refused is whether the attempt was: another end than that and success is an error.
func (a attempt) refused(ctx context.Context, trial *verify.Trial, control baseline.ControlID) (bool, error) {
	switch err := a.try(ctx); {
	case err == nil:
		trial.Broken(control, "%s is admitted", a.says)
		return false, nil
	case apierrors.IsForbidden(err) || apierrors.IsInvalid(err):
		return true, nil
	default:
		return false, fmt.Errorf("%s: %w", a.says, err)
	}
}

// everyChangeIsRefused makes attempts on objects that were listed before. An object that somebody has removed since then shows
// nothing: an API server says that it is not there before it asks admission. It returns how many attempts were refused; if
// none was and none was admitted, that is an error.
func everyChangeIsRefused(
	ctx context.Context, trial *verify.Trial, control baseline.ControlID, attempts []attempt,
) (refused int, err error) {
	gone := 0
	for _, attempt := range attempts {
		was, err := attempt.refused(ctx, trial, control)
		switch {
		case apierrors.IsNotFound(err):
			gone++
		case err != nil:
			return refused, err
		case was:
			refused++
		}
	}
	if gone == len(attempts) {
		return 0, fmt.Errorf("all %d objects were removed while they were attacked: verify again when nobody changes them", gone)
	}
	return refused, nil
}

const tokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

// unaskedTokens starts a pod that says nothing of tokens, and makes a Secret that gets one for good.
func unaskedTokens(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-004"
	namespace, err := scope.CommonNamespace(ctx)
	if err != nil {
		return err
	}
	account := metav1.ObjectMeta{Name: "bearer", Labels: scope.Labels()}
	if _, err := scope.Client.CoreV1().ServiceAccounts(namespace).Create(
		ctx, &corev1.ServiceAccount{ObjectMeta: account}, metav1.CreateOptions{}); err != nil {
		return err
	}
	start := func(asked *bool) (mounts bool, err error) {
		pod := scope.DecentPod(namespace, "bearer")
		pod.Spec.ServiceAccountName, pod.Spec.AutomountServiceAccountToken = account.Name, asked
		made, err := scope.Client.CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
		if err != nil {
			return false, err
		}
		for _, mount := range made.Spec.Containers[0].VolumeMounts {
			mounts = mounts || mount.MountPath == tokenFolder
		}
		return mounts, nil
	}
	yes := true
	mounts, err := start(&yes)
	if err == nil && !mounts {
		err = errors.New("it gets none")
	}
	if err := trial.Control("a pod that asks for a token gets one", err); err != nil {
		return err
	}
	switch mounts, err := start(nil); {
	case err == nil && mounts:
		trial.Broken(control, "a pod that asks for no token gets one")
	case err != nil && !apierrors.IsForbidden(err):
		return err
	}
	if err := lastingTokens(ctx, scope, trial, namespace, account.Name); err != nil {
		return err
	}
	trial.Held(control, "no token without asking, none in a Secret, none for a week")
	return nil
}

// lastingTokens makes a Secret that gets a token for good, and asks for one that is good for a week.
func lastingTokens(ctx context.Context, scope *verify.Scope, trial *verify.Trial, namespace, account string) error {
	const control = "RMP-ADM-004"
	secret := func(kind corev1.SecretType) error {
		_, err := scope.Client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Name: "lasting", Annotations: map[string]string{corev1.ServiceAccountNameKey: account},
			},
			Type: kind,
		}, dryRun)
		return err
	}
	if err := trial.Control("a Secret of another type is admitted", secret(corev1.SecretTypeOpaque)); err != nil {
		return err
	}
	token := func(ctx context.Context, life time.Duration) error {
		seconds := int64(life.Seconds())
		_, err := scope.Client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account,
			&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, dryRun)
		return err
	}
	if err := trial.Control("a token for ten minutes is given", token(ctx, 10*time.Minute)); err != nil {
		return err
	}
	return mustBeRefused(ctx, trial, control, []attempt{
		{"a Secret with a token that never ends", func(context.Context) error {
			return secret(corev1.SecretTypeServiceAccountToken)
		}},
		{"a token for a week", func(ctx context.Context) error { return token(ctx, 7*24*time.Hour) }},
	})
}

func unlimited(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-005"
	namespace, err := scope.CommonNamespace(ctx)
	if err != nil {
		return err
	}
	pod := scope.DecentPod(namespace, "hungry")
	if err := trial.Control("a container with limits is admitted", createDry(ctx, scope, pod)); err != nil {
		return err
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		pod := scope.DecentPod(namespace, "hungry")
		delete(pod.Spec.Containers[0].Resources.Limits, name)
		made, err := scope.Client.CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
		switch {
		case err == nil && made.Spec.Containers[0].Resources.Limits.Name(name, resource.DecimalSI).IsZero():
			trial.Broken(control, "a container without a limit of %s is admitted", name)
		case err != nil && !apierrors.IsForbidden(err):
			return err
		}
	}
	trial.Held(control, "containers without a limit of cpu or memory are refused, or get one")
	return nil
}

// probesLabel is the label with which a namespace asks for probes.
const probesLabel = "rampart.dev/probes"

func unprobed(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-006"
	namespace, err := scope.LabelledNamespace(ctx, "unprobed", map[string]string{probesLabel: "required"})
	if err != nil {
		return err
	}
	pod := scope.DecentPod(namespace, "probed")
	probe := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(1)}}}
	pod.Spec.Containers[0].LivenessProbe, pod.Spec.Containers[0].ReadinessProbe = probe, probe
	if err := trial.Control("a container with probes is admitted", createDry(ctx, scope, pod)); err != nil {
		return err
	}
	err = mustBeRefused(ctx, trial, control, []attempt{{"a container without probes", func(ctx context.Context) error {
		return createDry(ctx, scope, scope.DecentPod(namespace, "unprobed"))
	}}})
	trial.Held(control, "a container without probes is refused in a namespace that asks for them")
	return err
}

func hostVolumes(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-007"
	volume := func(source corev1.PersistentVolumeSource) error {
		_, err := scope.Client.CoreV1().PersistentVolumes().Create(ctx, &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: scope.Name("volume"), Labels: scope.Labels()},
			Spec: corev1.PersistentVolumeSpec{
				Capacity:               corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")},
				AccessModes:            []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				PersistentVolumeSource: source,
			},
		}, dryRun)
		return err
	}
	if err := trial.Control("a volume of a driver is admitted", volume(corev1.PersistentVolumeSource{
		CSI: &corev1.CSIPersistentVolumeSource{Driver: "driver.example", VolumeHandle: "one"},
	})); err != nil {
		return err
	}
	err := mustBeRefused(ctx, trial, control, []attempt{{"a volume that is a node's /etc", func(context.Context) error {
		return volume(corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/etc"}})
	}}})
	trial.Held(control, "a volume that is a folder of a node is refused, to administrators as well")
	return err
}

func exposure(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-009"
	namespace, err := scope.CommonNamespace(ctx)
	if err != nil {
		return err
	}
	service := func(addresses ...string) error {
		_, err := scope.Client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: "claim"},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}, ExternalIPs: addresses},
		}, dryRun)
		return err
	}
	ingress := func(host string) error {
		path := networkingv1.PathTypePrefix
		_, err := scope.Client.NetworkingV1().Ingresses(namespace).Create(ctx, &networkingv1.Ingress{
			ObjectMeta: metav1.ObjectMeta{Name: "claim"},
			Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
				Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
					Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: &path, Backend: networkingv1.IngressBackend{
						Service: &networkingv1.IngressServiceBackend{Name: "claim", Port: networkingv1.ServiceBackendPort{Number: 80}},
					}}},
				}},
			}}},
		}, dryRun)
		return err
	}
	if err := trial.Control("a Service without external addresses is admitted", service()); err != nil {
		return err
	}
	if err := trial.Control("an Ingress for a named host is admitted", ingress("www.tenant.example")); err != nil {
		return err
	}
	err = mustBeRefused(ctx, trial, control, []attempt{
		{"a Service with an external address", func(context.Context) error { return service(someHost) }},
		{"an Ingress for every host of a domain", func(context.Context) error { return ingress("*.tenant.example") }},
		{"an Ingress for every host", func(context.Context) error { return ingress("") }},
	})
	trial.Held(control, "external addresses of Services and wildcard hosts of Ingresses are refused")
	return err
}

func safeDefaults(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ADM-012"
	namespace, err := scope.CommonNamespace(ctx)
	if err != nil {
		return err
	}
	pod := scope.DecentPod(namespace, "open")
	if err := trial.Control("a pod that leaves nothing open is admitted", createDry(ctx, scope, pod)); err != nil {
		return err
	}
	pod.Spec.SecurityContext.SeccompProfile = nil
	pod.Spec.Containers[0].SecurityContext = nil
	made, err := scope.Client.CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
	if apierrors.IsForbidden(err) {
		trial.Broken(control, "a pod that leaves its seccomp profile, privileges and capabilities open gets no safe ones: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	security := made.Spec.Containers[0].SecurityContext
	switch {
	case made.Spec.SecurityContext.SeccompProfile == nil ||
		made.Spec.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeUnconfined:
		trial.Broken(control, "a pod that names no seccomp profile gets none")
	case security == nil || security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation ||
		security.Capabilities == nil || !slices.Contains(security.Capabilities.Drop, "ALL"):
		trial.Broken(control, "a container that says nothing of privileges and capabilities keeps them")
	default:
		trial.Held(control, "seccomp profile, privileges and capabilities that a pod leaves open are filled in")
	}
	return nil
}
