package examples

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// DecentPod is a pod specification that every policy admits. Its one container is called app.
func DecentPod() corev1.PodSpec {
	yes, no := true, false
	bounds := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi"),
	}
	return corev1.PodSpec{
		RestartPolicy:                corev1.RestartPolicyAlways,
		ServiceAccountName:           "default",
		AutomountServiceAccountToken: &no,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   &yes,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{
			Name:      "app",
			Image:     "registry.k8s.io/pause:3.10",
			Resources: corev1.ResourceRequirements{Requests: bounds, Limits: bounds.DeepCopy()},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: &no,
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}},
	}
}

// GeneratedPod is the kind of a pod whose name the API server makes up.
const GeneratedPod = "Pod with generateName"

// BearingKinds are the names of everything built in that is or has a pod specification.
func BearingKinds() []string {
	return []string{
		"Pod", GeneratedPod, "ReplicationController", "PodTemplate",
		"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob",
	}
}

// Bearer is an object of one of BearingKinds around a pod specification.
func Bearer(kind, namespace string, spec corev1.PodSpec) runtime.Object {
	labels := map[string]string{"app": "example"}
	meta := metav1.ObjectMeta{Name: "example", Namespace: namespace, Labels: labels}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	job := *spec.DeepCopy()
	if job.RestartPolicy != corev1.RestartPolicyOnFailure {
		job.RestartPolicy = corev1.RestartPolicyNever // a job's pods must not start again for ever
	}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec}
	jobSpec := batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: job}}
	as := func(group string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: group, Kind: kind} }
	switch kind {
	case GeneratedPod:
		generated := metav1.ObjectMeta{GenerateName: "example-", Namespace: namespace, Labels: labels}
		return &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: generated, Spec: spec}
	case "ReplicationController":
		return &corev1.ReplicationController{TypeMeta: as("v1"), ObjectMeta: meta,
			Spec: corev1.ReplicationControllerSpec{Selector: labels, Template: &template}}
	case "PodTemplate":
		return &corev1.PodTemplate{TypeMeta: as("v1"), ObjectMeta: meta, Template: template}
	case "Deployment":
		return &appsv1.Deployment{TypeMeta: as("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.DeploymentSpec{Selector: selector, Template: template}}
	case "ReplicaSet":
		return &appsv1.ReplicaSet{TypeMeta: as("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.ReplicaSetSpec{Selector: selector, Template: template}}
	case "StatefulSet":
		return &appsv1.StatefulSet{TypeMeta: as("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.StatefulSetSpec{Selector: selector, Template: template}}
	case "DaemonSet":
		return &appsv1.DaemonSet{TypeMeta: as("apps/v1"), ObjectMeta: meta,
			Spec: appsv1.DaemonSetSpec{Selector: selector, Template: template}}
	case "Job":
		return &batchv1.Job{TypeMeta: as("batch/v1"), ObjectMeta: meta, Spec: jobSpec}
	case "CronJob":
		return &batchv1.CronJob{TypeMeta: as("batch/v1"), ObjectMeta: meta,
			Spec: batchv1.CronJobSpec{Schedule: "0 * * * *", JobTemplate: batchv1.JobTemplateSpec{Spec: jobSpec}}}
	default:
		return &corev1.Pod{TypeMeta: as("v1"), ObjectMeta: meta, Spec: spec}
	}
}
