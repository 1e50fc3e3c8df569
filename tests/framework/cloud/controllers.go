package cloud

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	systemNamespace = "kube-system"
	revision        = "deployment.kubernetes.io/revision"

	// lookEvery is how often the workloads are looked at: there are few, and six API servers are asked all the time.
	lookEvery = time.Second
)

// Controllers says of every workload on an API server that it runs, as controllers and nodes would once it does: the layers
// above wait for that, and nothing in these tests is about pods. It returns when the context ends.
func Controllers(ctx context.Context, client kubernetes.Interface) error {
	if err := addDNS(ctx, client); err != nil {
		return err
	}
	for {
		if err := settle(ctx, client); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

// addDNS makes the workload that the cloud's add-on for DNS would.
func addDNS(ctx context.Context, client kubernetes.Interface) error {
	labels := map[string]string{"k8s-app": "kube-dns"}
	_, err := client.AppsV1().Deployments(systemNamespace).Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "coredns", Namespace: systemNamespace, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{Containers: []corev1.Container{
					{Name: "coredns", Image: "registry.k8s.io/coredns/coredns:v1.13.1"},
				}},
			},
		},
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func settle(ctx context.Context, client kubernetes.Interface) error {
	for _, settle := range []func(context.Context, kubernetes.Interface) error{settleDaemonSets, settleDeployments, settleQuotas} {
		if err := settle(ctx, client); err != nil {
			return err
		}
	}
	return nil
}

// settleQuotas says that nothing is used of what may be.
func settleQuotas(ctx context.Context, client kubernetes.Interface) error {
	quotas, err := client.CoreV1().ResourceQuotas(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range quotas.Items {
		quota := &quotas.Items[i]
		if equality.Semantic.DeepEqual(quota.Status.Hard, quota.Spec.Hard) {
			continue
		}
		quota.Status.Hard = quota.Spec.Hard
		_, err := client.CoreV1().ResourceQuotas(quota.Namespace).UpdateStatus(ctx, quota, metav1.UpdateOptions{})
		if ignorable(err) != nil {
			return err
		}
	}
	return nil
}

func settleDaemonSets(ctx context.Context, client kubernetes.Interface) error {
	daemons, err := client.AppsV1().DaemonSets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range daemons.Items {
		daemon := &daemons.Items[i]
		if daemon.Status.ObservedGeneration == daemon.Generation {
			continue
		}
		daemon.Status = appsv1.DaemonSetStatus{
			ObservedGeneration: daemon.Generation, DesiredNumberScheduled: 1, CurrentNumberScheduled: 1,
			UpdatedNumberScheduled: 1, NumberReady: 1, NumberAvailable: 1,
		}
		_, err := client.AppsV1().DaemonSets(daemon.Namespace).UpdateStatus(ctx, daemon, metav1.UpdateOptions{})
		if ignorable(err) != nil {
			return err
		}
	}
	return nil
}

func settleDeployments(ctx context.Context, client kubernetes.Interface) error {
	deployments, err := client.AppsV1().Deployments(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range deployments.Items {
		deployment := &deployments.Items[i]
		if deployment.Status.ObservedGeneration >= deployment.Generation && deployment.Annotations[revision] != "" {
			continue
		}
		if err := settleDeployment(ctx, client, deployment); ignorable(err) != nil {
			return err
		}
	}
	return nil
}

// settleDeployment makes the set of replicas that a deployment has, which is what the Kubernetes plugin of Pulumi looks at.
func settleDeployment(ctx context.Context, client kubernetes.Interface, deployment *appsv1.Deployment) error {
	apps := client.AppsV1()
	if deployment.Annotations[revision] == "" {
		if deployment.Annotations == nil {
			deployment.Annotations = map[string]string{}
		}
		deployment.Annotations[revision] = "1"
		updated, err := apps.Deployments(deployment.Namespace).Update(ctx, deployment, metav1.UpdateOptions{})
		if err != nil {
			return err
		}
		deployment = updated
	}
	labels := map[string]string{"pod-template-hash": "1"}
	for key, value := range deployment.Spec.Template.Labels {
		labels[key] = value
	}
	template := *deployment.Spec.Template.DeepCopy()
	template.Labels = labels
	controller := true
	set, err := apps.ReplicaSets(deployment.Namespace).Create(ctx, &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: deployment.Name + "-1", Namespace: deployment.Namespace, Labels: labels,
			Annotations: map[string]string{revision: "1"},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "apps/v1", Kind: "Deployment", Name: deployment.Name, UID: deployment.UID, Controller: &controller,
			}},
		},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: deployment.Spec.Replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template,
		},
	}, metav1.CreateOptions{})
	if err == nil {
		set.Status = appsv1.ReplicaSetStatus{
			Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1, FullyLabeledReplicas: 1, ObservedGeneration: set.Generation,
		}
		_, err = apps.ReplicaSets(set.Namespace).UpdateStatus(ctx, set, metav1.UpdateOptions{})
	}
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
			{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
		},
	}
	_, err = apps.Deployments(deployment.Namespace).UpdateStatus(ctx, deployment, metav1.UpdateOptions{})
	return err
}

// ignorable drops what the next look mends.
func ignorable(err error) error {
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
