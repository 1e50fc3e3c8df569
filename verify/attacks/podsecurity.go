package attacks

import (
	"context"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

func podSecurityAttacks() []verify.Attack {
	return []verify.Attack{{
		Name: "pod-security", Does: "start pods that break one rule of Pod Security each",
		Proves: ids("RMP-ADM-001", "RMP-ADM-002"), Needs: []verify.Need{verify.NeedPods}, Run: podSecurity,
	}}
}

// The two levels of Pod Security, by the control that is about them.
const (
	levelBaseline   baseline.ControlID = "RMP-ADM-001"
	levelRestricted baseline.ControlID = "RMP-ADM-002"
)

// deed is one change to a pod that is decent otherwise.
type deed struct {
	level baseline.ControlID
	says  string
	// denial is what the refusal must name, so that it is this rule that refuses.
	denial string
	change func(*corev1.PodSpec)
	// repaired says that what the API server would store does not have the fault any more. Nil: it cannot be repaired.
	repaired func(*corev1.PodSpec) bool
}

// inContainer changes the first container.
func inContainer(change func(*corev1.Container)) func(*corev1.PodSpec) {
	return func(spec *corev1.PodSpec) { change(&spec.Containers[0]) }
}

// inSecurity changes the first container's security context.
func inSecurity(change func(*corev1.SecurityContext)) func(*corev1.PodSpec) {
	return func(spec *corev1.PodSpec) { change(spec.Containers[0].SecurityContext) }
}

func withVolume(source corev1.VolumeSource) func(*corev1.PodSpec) {
	return func(spec *corev1.PodSpec) { spec.Volumes = []corev1.Volume{{Name: "loot", VolumeSource: source}} }
}

func privileged(security *corev1.SecurityContext) {
	yes := true
	// The two exclude each other, and that is not what is to be refused.
	security.Privileged, security.AllowPrivilegeEscalation = &yes, nil
}

func baselineDeeds() []deed {
	yes := true
	deeds := []deed{
		{says: "is privileged", denial: "privileged", change: inSecurity(privileged)},
		{says: "is privileged in an init container", denial: "privileged", change: func(spec *corev1.PodSpec) {
			init := *spec.Containers[0].DeepCopy()
			init.Name = "init"
			privileged(init.SecurityContext)
			spec.InitContainers = []corev1.Container{init}
		}},
		{says: "is in the host's network", denial: "hostNetwork", change: func(spec *corev1.PodSpec) { spec.HostNetwork = true }},
		{says: "sees the host's processes", denial: "hostPID", change: func(spec *corev1.PodSpec) { spec.HostPID = true }},
		{says: "shares the host's memory", denial: "hostIPC", change: func(spec *corev1.PodSpec) { spec.HostIPC = true }},
		{says: "mounts a folder of the host", denial: "hostPath", change: withVolume(
			corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/etc"}})},
		{says: "takes a port of the host", denial: "hostPort", change: inContainer(func(c *corev1.Container) {
			c.Ports = []corev1.ContainerPort{{ContainerPort: 8080, HostPort: 8080}}
		})},
		{says: "adds the capability SYS_ADMIN", denial: "SYS_ADMIN", change: inSecurity(func(s *corev1.SecurityContext) {
			s.Capabilities.Add = []corev1.Capability{"SYS_ADMIN"}
		})},
		{says: "chooses its SELinux type", denial: "seLinuxOptions", change: inSecurity(func(s *corev1.SecurityContext) {
			s.SELinuxOptions = &corev1.SELinuxOptions{Type: "spc_t"}
		})},
		{says: "turns AppArmor off", denial: "AppArmor", change: inSecurity(func(s *corev1.SecurityContext) {
			s.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
		})},
		{says: "turns seccomp off", denial: "seccompProfile", change: inSecurity(func(s *corev1.SecurityContext) {
			s.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
		})},
		{says: "sets an unsafe sysctl", denial: "sysctls", change: func(spec *corev1.PodSpec) {
			spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "kernel.msgmax", Value: "65536"}}
		}},
		{says: "is a process of the host on Windows", denial: "hostProcess", change: func(spec *corev1.PodSpec) {
			spec.HostNetwork = true
			spec.SecurityContext.WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: &yes}
		}},
		{says: "has the kubelet probe another host", denial: "probe or lifecycle host", change: inContainer(func(c *corev1.Container) {
			c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
				HTTPGet: &corev1.HTTPGetAction{Host: "10.0.0.1", Port: intstr.FromInt32(80)},
			}}
		})},
	}
	for i := range deeds {
		deeds[i].level = levelBaseline
	}
	return deeds
}

func restrictedDeeds() []deed {
	yes, no, root, unmasked := true, false, int64(0), corev1.UnmaskedProcMount
	deeds := []deed{
		{says: "says nothing of privilege escalation", denial: "allowPrivilegeEscalation",
			change: inSecurity(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = nil }),
			repaired: func(spec *corev1.PodSpec) bool {
				return spec.Containers[0].SecurityContext.AllowPrivilegeEscalation != nil
			}},
		{says: "allows privilege escalation", denial: "allowPrivilegeEscalation",
			change: inSecurity(func(s *corev1.SecurityContext) { s.AllowPrivilegeEscalation = &yes })},
		{says: "keeps the default capabilities", denial: "capabilities",
			change:   inSecurity(func(s *corev1.SecurityContext) { s.Capabilities = nil }),
			repaired: func(spec *corev1.PodSpec) bool { return spec.Containers[0].SecurityContext.Capabilities != nil }},
		{says: "adds the capability CHOWN", denial: "capabilities", change: inSecurity(func(s *corev1.SecurityContext) {
			s.Capabilities.Add = []corev1.Capability{"CHOWN"}
		})},
		{says: "may run as root", denial: "runAsNonRoot",
			change:   func(spec *corev1.PodSpec) { spec.SecurityContext.RunAsNonRoot = nil },
			repaired: func(spec *corev1.PodSpec) bool { return spec.SecurityContext.RunAsNonRoot != nil }},
		{says: "runs as root", denial: "runAsUser=0", change: func(spec *corev1.PodSpec) { spec.SecurityContext.RunAsUser = &root }},
		{says: "names no seccomp profile", denial: "seccompProfile",
			change:   func(spec *corev1.PodSpec) { spec.SecurityContext.SeccompProfile = nil },
			repaired: func(spec *corev1.PodSpec) bool { return spec.SecurityContext.SeccompProfile != nil }},
		// Without a user namespace of its own the API server finds such a pod invalid, before any policy looks; with one, the
		// level baseline admits it.
		{says: "sees all of /proc", denial: "procMount", change: func(spec *corev1.PodSpec) {
			spec.HostUsers, spec.Containers[0].SecurityContext.ProcMount = &no, &unmasked
		}},
		{says: "mounts a network file system", denial: "restricted volume types", change: withVolume(
			corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "10.0.0.1", Path: "/"}})},
	}
	for i := range deeds {
		deeds[i].level = levelRestricted
	}
	return deeds
}

// podSecurity asks for each pod in the namespaces of tenants and in a new one that nobody has labelled. One pod of each
// level is created in earnest: where nothing stops it, it asks for a node that there is none of.
func podSecurity(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	fresh, err := scope.CommonNamespace(ctx)
	if err != nil {
		return err
	}
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	namespaces = append(namespaces, fresh)
	deeds := append(baselineDeeds(), restrictedDeeds()...)
	counts := map[baseline.ControlID]int{}
	var mutex sync.Mutex
	for _, namespace := range namespaces {
		decent := scope.DecentPod(namespace, scope.Name("decent"))
		if err := trial.Control("a decent pod is admitted", createDry(ctx, scope, decent)); err != nil {
			return err
		}
		err := inParallel(deeds, func(deed deed) error {
			mutex.Lock()
			counts[deed.level]++
			mutex.Unlock()
			return deed.do(ctx, scope, trial, namespace)
		})
		if err != nil {
			return err
		}
	}
	if err := inEarnest(ctx, scope, trial, fresh, deeds[0], restrictedDeeds()[0]); err != nil {
		return err
	}
	for level, count := range counts {
		trial.Held(level, "%d pods, each one rule away from a decent one, are refused in %d namespaces, an unlabelled one among them",
			count, len(namespaces))
	}
	return nil
}

// podSecurityDenial is how Pod Security says that it refuses.
const podSecurityDenial = "violates PodSecurity"

// policyDenial is how a ValidatingAdmissionPolicy says that it refuses.
const policyDenial = "ValidatingAdmissionPolicy"

func (d deed) do(ctx context.Context, scope *verify.Scope, trial *verify.Trial, namespace string) error {
	pod := scope.DecentPod(namespace, scope.Name("deed"))
	d.change(&pod.Spec)
	stored, err := scope.Client.CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
	switch {
	case err == nil && d.repaired != nil && d.repaired(&stored.Spec):
		// A safe default took its place.
	case err == nil:
		trial.Broken(d.level, "a pod that %s is admitted in namespace %s", d.says, namespace)
	case !apierrors.IsForbidden(err):
		return fmt.Errorf("a pod that %s: %w", d.says, err)
	case strings.Contains(err.Error(), policyDenial) && !strings.Contains(err.Error(), podSecurityDenial):
		// Policies are asked after Pod Security, which must have let it pass.
		trial.Broken(d.level, "a pod that %s is refused by a policy alone in namespace %s, and not by Pod Security", d.says, namespace)
	case !strings.Contains(err.Error(), podSecurityDenial) || !strings.Contains(err.Error(), d.denial):
		return fmt.Errorf("a pod that %s is refused, but for something else: %w", d.says, err)
	}
	return nil
}

func inEarnest(ctx context.Context, scope *verify.Scope, trial *verify.Trial, namespace string, deeds ...deed) error {
	for i, deed := range deeds {
		pod := scope.DecentPod(namespace, scope.Name(fmt.Sprintf("earnest-%d", i)))
		pod.Spec.NodeSelector = map[string]string{verify.RunLabel: "nowhere"}
		deed.change(&pod.Spec)
		stored, err := scope.StartPod(ctx, pod)
		switch {
		case err == nil && (deed.repaired == nil || !deed.repaired(&stored.Spec)):
			trial.Broken(deed.level, "a pod that %s was created in namespace %s", deed.says, namespace)
		case err != nil && !apierrors.IsForbidden(err):
			return err
		}
	}
	return nil
}
