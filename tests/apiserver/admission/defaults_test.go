package admission

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/apiserver/component"
	"github.com/rampart-iac/rampart/tests/framework/examples"
)

const enforceLabel = "pod-security.kubernetes.io/enforce"

// barePod says nothing of security but what only its author can know.
func barePod(namespace string) *corev1.Pod {
	spec := examples.DecentPod()
	spec.SecurityContext.SeccompProfile = nil
	spec.Containers[0].SecurityContext = nil
	spec.InitContainers = []corev1.Container{*spec.Containers[0].DeepCopy()}
	spec.InitContainers[0].Name = "init"
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "bare-", Namespace: namespace}, Spec: spec}
}

func makeNamespace(t *testing.T, name string, labels map[string]string) {
	t.Helper()
	if err := createNamespace(t.Context(), name, labels); err != nil {
		t.Fatal(err)
	}
}

// waitForDefaults waits until the policies that fill in are in force, too: the API server takes up each sort by itself.
func waitForDefaults(t *testing.T) {
	t.Helper()
	waitForPolicies(t)
	const name = "defaulted"
	if err := createNamespace(t.Context(), name, map[string]string{enforceLabel: "restricted"}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	framework.Eventually(t, "the defaults", enforcedWithin, func(ctx context.Context) error {
		if _, err := server.Client.CoreV1().Pods(name).Create(ctx, barePod(name), dryRun); err != nil {
			return err
		}
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: name}}
		made, err := server.Client.CoreV1().ServiceAccounts(name).Create(ctx, account, dryRun)
		if err == nil && made.AutomountServiceAccountToken == nil {
			err = errors.New("the default account says nothing of its token")
		}
		return err
	})
}

// TestDefaultsMakeRestrictedPodsEasier: what a pod leaves out is filled in before Pod Security looks.
func TestDefaultsMakeRestrictedPodsEasier(t *testing.T) {
	t.Parallel()
	waitForDefaults(t)
	makeNamespace(t, "restricted", map[string]string{enforceLabel: "restricted"})
	made, err := server.Client.CoreV1().Pods("restricted").Create(t.Context(), barePod("restricted"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if profile := made.Spec.SecurityContext.SeccompProfile; profile == nil || profile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("seccomp profile %v", profile)
	}
	for _, container := range append(made.Spec.InitContainers, made.Spec.Containers...) {
		security := container.SecurityContext
		if security == nil || security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation ||
			security.Capabilities == nil || !reflect.DeepEqual(security.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("container %s: %+v", container.Name, security)
		}
	}

	made.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: "debug", Image: "registry.k8s.io/pause:3.10", TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		ImagePullPolicy: corev1.PullIfNotPresent,
	}}}
	debugged, err := server.Client.CoreV1().Pods("restricted").UpdateEphemeralContainers(t.Context(), made.Name, made, metav1.UpdateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if security := debugged.Spec.EphemeralContainers[0].SecurityContext; security == nil || security.Capabilities == nil {
		t.Errorf("ephemeral container: %+v", security)
	}
}

// TestDefaultsLoosenNothing: who says something keeps it, and namespaces of a lower level are left alone.
func TestDefaultsLoosenNothing(t *testing.T) {
	t.Parallel()
	waitForDefaults(t)
	makeNamespace(t, "privileged", map[string]string{enforceLabel: "privileged"})
	yes := true
	privileged := barePod("privileged")
	privileged.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	for _, pod := range []*corev1.Pod{barePod("privileged"), privileged} {
		made, err := server.Client.CoreV1().Pods("privileged").Create(t.Context(), pod, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if made.Spec.SecurityContext.SeccompProfile != nil ||
			!reflect.DeepEqual(made.Spec.Containers[0].SecurityContext, pod.Spec.Containers[0].SecurityContext) {
			t.Errorf("changed to %+v %+v", made.Spec.SecurityContext, made.Spec.Containers[0].SecurityContext)
		}
	}

	// Where the defaults apply, an explicit setting stands, and Pod Security refuses it as before.
	makeNamespace(t, "strict", map[string]string{enforceLabel: "restricted"})
	for says, change := range map[string]func(*corev1.PodSpec){
		"privileged": func(spec *corev1.PodSpec) {
			spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
		},
		"capabilities": func(spec *corev1.PodSpec) {
			spec.Containers[0].SecurityContext = &corev1.SecurityContext{
				Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN"}},
			}
		},
		"seccompProfile": func(spec *corev1.PodSpec) {
			spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
		},
		"allowPrivilegeEscalation": func(spec *corev1.PodSpec) {
			spec.Containers[0].SecurityContext = &corev1.SecurityContext{AllowPrivilegeEscalation: &yes}
		},
		"runAsNonRoot": func(spec *corev1.PodSpec) { spec.SecurityContext.RunAsNonRoot = nil },
	} {
		pod := barePod("strict")
		change(&pod.Spec)
		_, err := server.Client.CoreV1().Pods("strict").Create(t.Context(), pod, metav1.CreateOptions{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "PodSecurity") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want a refusal by Pod Security", says, err)
		}
	}
}

// TestDefaultAccountsGiveNoTokens: the account that Kubernetes makes in every namespace.
func TestDefaultAccountsGiveNoTokens(t *testing.T) {
	t.Parallel()
	waitForDefaults(t)
	makeNamespace(t, "accounts", nil)
	yes := true
	for _, test := range []struct {
		account *corev1.ServiceAccount
		want    *bool
	}{
		{&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "accounts"}}, new(bool)},
		{&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: "accounts"}}, nil},
		{&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "kube-system"}}, nil},
		{&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "blue"}, AutomountServiceAccountToken: &yes}, &yes},
	} {
		made, err := server.Client.CoreV1().ServiceAccounts(test.account.Namespace).Create(t.Context(), test.account, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := made.AutomountServiceAccountToken; !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s/%s mounts its token: %v, want %v", made.Namespace, made.Name, got, test.want)
		}
	}
}

// TestTokensThatTheServerMounts runs with the API server's own plugin for service accounts, which mounts a token into
// every pod that does not refuse it.
func TestTokensThatTheServerMounts(t *testing.T) {
	t.Parallel()
	own := apiserver.MustStart(t, apiserver.Settings{Flags: map[string][]string{"disable-admission-plugins": {}}})
	ctx := t.Context()
	if _, err := own.Client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "blue"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// An account of before the policies, which the defaults have not seen.
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot", Namespace: "blue"}}
	if _, err := own.Client.CoreV1().ServiceAccounts("blue").Create(ctx, account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	run := func(automount *bool) error {
		spec := examples.DecentPod()
		spec.ServiceAccountName, spec.AutomountServiceAccountToken = "robot", automount
		_, err := own.Client.CoreV1().Pods("blue").Create(ctx,
			&corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "a-", Namespace: "blue"}, Spec: spec},
			metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	if err := run(nil); err != nil {
		t.Fatalf("control: without policies: %v", err)
	}
	if err := component.Install(ctx, own, allPolicies); err != nil {
		t.Fatal(err)
	}
	framework.Eventually(t, "the policy", enforcedWithin, func(context.Context) error {
		err := run(nil)
		if err == nil || !strings.Contains(err.Error(), "which it did not ask for") {
			return errors.Join(errors.New("not yet refused"), err)
		}
		return nil
	})
	yes := true
	for _, says := range []*bool{&yes, new(bool)} {
		if err := run(says); err != nil {
			t.Errorf("a pod that says %t: %v", *says, err)
		}
	}
}

// TestScale: a scale changes how many pods there are and not what they are; what it scales is held by itself.
func TestScale(t *testing.T) {
	t.Parallel()
	waitForPolicies(t)
	makeNamespace(t, "scaled", nil)
	client := server.Client.AppsV1().Deployments("scaled")
	decent := examples.Bearer("Deployment", "scaled", examples.DecentPod()).(*appsv1.Deployment)
	if _, err := client.Create(t.Context(), decent, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	scale, err := client.UpdateScale(t.Context(), decent.Name, &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: decent.Name, Namespace: "scaled"}, Spec: autoscalingv1.ScaleSpec{Replicas: 3},
	}, metav1.UpdateOptions{})
	if err != nil || scale.Spec.Replicas != 3 {
		t.Errorf("a decent deployment is not scaled: %v", err)
	}
	// What is behind the scale is a pod at last, and every pod is held.
	pod := examples.Bearer("Pod", "scaled", examples.DecentPod()).(*corev1.Pod)
	controller := true
	pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "a", UID: "1", Controller: &controller}}
	pod.Spec.Containers[0].Resources = corev1.ResourceRequirements{}
	_, err = as(t, "system:serviceaccount:kube-system:replicaset-controller").typed.CoreV1().Pods("scaled").Create(
		t.Context(), pod, metav1.CreateOptions{})
	if err == nil || !strings.Contains(err.Error(), "without bounds") {
		t.Error(errors.Join(errors.New("a pod without bounds, by the replica set controller"), err))
	}
}
