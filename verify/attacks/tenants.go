package attacks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func tenantAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "tenant-namespaces", Does: "look for tenants in one namespace, or without Pod Security",
			Proves: ids("RMP-TEN-001"), Run: tenantNamespaces,
		}, {
			Name: "tenant-capacity", Does: "ask for more than a tenant may have",
			Proves: ids("RMP-TEN-003", "RMP-TEN-004"), Needs: []verify.Need{verify.NeedPods}, Run: tenantCapacity,
		}, {
			Name: "break-glass", Does: "use access for emergencies without one",
			Proves: ids("RMP-ACC-007"), Run: breakGlass,
		},
	}
}

const enforceLabel = "pod-security.kubernetes.io/enforce"

func tenantNamespaces(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-TEN-001"
	list, err := scope.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: tenantLabel})
	if err != nil {
		return err
	}
	standing := slices.DeleteFunc(list.Items, func(namespace corev1.Namespace) bool { return namespace.DeletionTimestamp != nil })
	if len(standing) == 0 {
		return errNoTenants
	}
	if err := trial.Control("tenants have namespaces", nil); err != nil {
		return err
	}
	owners := map[string]string{}
	for _, namespace := range standing {
		tenant := namespace.Labels[tenantLabel]
		if owners[tenant] != "" {
			trial.Broken(control, "tenant %s has two namespaces: %s and %s", tenant, owners[tenant], namespace.Name)
		}
		owners[tenant] = namespace.Name
		if level := namespace.Labels[enforceLabel]; level != "restricted" {
			trial.Broken(control, "namespace %s of tenant %s enforces Pod Security %q", namespace.Name, tenant, level)
		}
	}
	trial.Held(control, "%s, each in a namespace of its own that enforces restricted", number(len(owners), "tenant", "tenants"))
	return nil
}

// tenantCapacity asks for a volume beyond any quota, for a container beyond any limit, and for one that names no limit.
func tenantCapacity(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	if len(namespaces) == 0 {
		return errNoTenants
	}
	const huge = "1000Ti"
	for _, namespace := range namespaces {
		claim := func(size string) error {
			_, err := scope.Client.CoreV1().PersistentVolumeClaims(namespace).Create(ctx, &corev1.PersistentVolumeClaim{
				ObjectMeta: metav1.ObjectMeta{Name: scope.Name("claim")},
				Spec: corev1.PersistentVolumeClaimSpec{
					AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
					Resources: corev1.VolumeResourceRequirements{
						Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)},
					},
				},
			}, dryRun)
			return err
		}
		if err := trial.Control("a small volume is granted", claim("1Mi")); err != nil {
			return err
		}
		switch err := claim(huge); {
		case err == nil:
			trial.Broken("RMP-TEN-003", "namespace %s is granted a volume of %s", namespace, huge)
		case !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "exceeded quota"):
			return fmt.Errorf("a volume of %s: %w", huge, err)
		}
		if err := containerLimits(ctx, scope, trial, namespace, huge); err != nil {
			return err
		}
	}
	trial.Held("RMP-TEN-003", "a volume beyond the quota is refused to %s", number(len(namespaces), "tenant", "tenants"))
	trial.Held("RMP-TEN-004", "a container without limits gets the tenant's, and one beyond them is refused, in %s",
		number(len(namespaces), "namespace", "namespaces"))
	return nil
}

func containerLimits(ctx context.Context, scope *verify.Scope, trial *verify.Trial, namespace, huge string) error {
	ask := func(resources corev1.ResourceRequirements) (corev1.ResourceRequirements, error) {
		pod := scope.DecentPod(namespace, scope.Name("limits"))
		pod.Spec.Containers[0].Resources = resources
		made, err := scope.Client.CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
		if err != nil {
			return resources, err
		}
		return made.Spec.Containers[0].Resources, nil
	}
	modest := scope.DecentPod(namespace, "").Spec.Containers[0].Resources
	_, err := ask(modest)
	if err := trial.Control("a container with modest limits is admitted", err); err != nil {
		return err
	}
	given, err := ask(corev1.ResourceRequirements{})
	switch {
	case outOfRoom(err):
		return err
	case apierrors.IsForbidden(err):
		trial.Broken("RMP-TEN-004", "a container without limits does not get the tenant's in namespace %s: %v", namespace, err)
	case err != nil:
		return err
	case given.Limits.Cpu().IsZero() || given.Limits.Memory().IsZero():
		trial.Broken("RMP-TEN-004", "a container without limits runs without in namespace %s", namespace)
	}
	_, err = ask(corev1.ResourceRequirements{Limits: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse(huge),
	}})
	if err == nil {
		trial.Broken("RMP-TEN-004", "a container may have %s of memory in namespace %s", huge, namespace)
	} else if !apierrors.IsForbidden(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return err
	}
	return nil
}

// outOfRoom says that a request was refused for what else is in the namespace, or because that is being deleted: whatever was
// asked for, it is no answer.
func outOfRoom(err error) bool {
	return apierrors.IsForbidden(err) &&
		(strings.Contains(err.Error(), "exceeded quota") || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause))
}

const (
	breakGlassName   = "rampart:break-glass"
	expiryAnnotation = "rampart.dev/expires"

	// takenBackDeadline is for an API server to hear that a binding is gone.
	takenBackDeadline = 5 * time.Second
)

// breakGlass acts as the group for emergencies. Without a grant it must be nobody; a grant must have an end that has not
// come yet.
func breakGlass(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-ACC-007"
	as := func(group string) error {
		client, err := acting(scope, rest.ImpersonationConfig{
			UserName: scope.Name("emergency"), Groups: []string{group, "system:authenticated"},
		})
		if err != nil {
			return err
		}
		_, err = client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		return err
	}
	if err := trial.Control("group rampart:viewer lists pods", as("rampart:viewer")); err != nil {
		return err
	}
	switch err := as(breakGlassName); {
	case apierrors.IsForbidden(err):
		trial.Held(control, "there is no grant, and whoever is in the group may do nothing")
		return nil
	case err != nil:
		return err
	}
	binding, err := scope.Client.RbacV1().ClusterRoleBindings().Get(ctx, breakGlassName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		// A grant that was taken back a moment ago is in force for as long as the API server needs to hear of it.
		if again := live.Poll(ctx, "a grant that is gone to be out of force", takenBackDeadline, func(context.Context) error {
			if err := as(breakGlassName); !apierrors.IsForbidden(err) {
				return errors.Join(errors.New("the group still has rights"), err)
			}
			return nil
		}); again == nil {
			trial.Held(control, "there is no grant any more, and whoever is in the group may do nothing")
			return nil
		}
		trial.Broken(control, "whoever is in group %s has rights that no grant with an end gives", breakGlassName)
		return nil
	}
	if err != nil {
		return err
	}
	ends, err := time.Parse(time.RFC3339, binding.Annotations[expiryAnnotation])
	if err == nil && time.Now().After(ends) {
		err = errors.New("it is over")
	}
	if err != nil {
		trial.Broken(control, "the grant ends at %q, and is in force: %v", binding.Annotations[expiryAnnotation], err)
		return nil
	}
	trial.Held(control, "the grant ends at %s", ends.Format(time.RFC3339))
	return nil
}
