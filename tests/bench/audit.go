package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

const (
	auditLog = "/var/log/kubernetes/audit/audit.log"

	// idleFor is how long nothing is asked of the cluster, of which an hour is reckoned.
	idleFor = 2 * time.Minute

	// A working day of a team, of which dayShare is played: rollouts of two pods, looks at what runs, secrets read.
	dayRollouts, dayLooks, daySecrets, dayShare = 100, 1000, 200, 10

	rolloutDeadline = 2 * time.Minute
)

// audit measures how much is written to the audit log when nobody does anything, and in a day's work.
func (b *bench) audit(ctx context.Context, report *Report) error {
	cluster, err := b.product.Connect(ctx)
	if err != nil {
		return err
	}
	b.say(fmt.Sprintf("the audit log of an idle cluster, for %s", idleFor))
	before, err := auditBytes(ctx, cluster)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(idleFor):
	}
	idle, err := auditBytes(ctx, cluster)
	if err != nil {
		return err
	}
	const kib, mib = 1 << 10, 1 << 20
	report.Amounts = append(report.Amounts, Amount{
		What: fmt.Sprintf("audit log of an idle hour, of %s", idleFor), Unit: "KiB",
		Value: float64(idle-before) * float64(time.Hour) / float64(idleFor) / kib,
	})
	b.say("the audit log of a day's work")
	if err := playDay(ctx, cluster); err != nil {
		return err
	}
	worked, err := auditBytes(ctx, cluster)
	if err != nil {
		return err
	}
	report.Amounts = append(report.Amounts, Amount{
		What: fmt.Sprintf("audit log of a day's work, of a tenth of it: %d rollouts of two pods, %d looks at pods, "+
			"%d reads of secrets", dayRollouts, dayLooks, daySecrets),
		Unit: "MiB", Value: float64(worked-idle) * dayShare / mib,
	})
	return nil
}

func auditBytes(ctx context.Context, cluster *framework.Cluster) (int64, error) {
	text, err := cluster.ControlPlane().Exec(ctx, "stat", "-c", "%s", auditLog)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(text), 10, 64)
}

func playDay(ctx context.Context, cluster *framework.Cluster) error {
	const namespace = framework.TenantBlue
	for range dayRollouts / dayShare {
		if err := rollOut(ctx, cluster, namespace); err != nil {
			return err
		}
	}
	for range dayLooks / dayShare {
		if _, err := cluster.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{}); err != nil {
			return err
		}
	}
	for range daySecrets / dayShare {
		if _, err := cluster.Client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
			return err
		}
	}
	return nil
}

// rollOut makes a deployment of two pods, waits for them and takes it away.
func rollOut(ctx context.Context, cluster *framework.Cluster, namespace string) error {
	const name = "bench"
	deployments := cluster.Client.AppsV1().Deployments(namespace)
	pod, replicas, labels := cluster.DecentPod(namespace, name), int32(2), map[string]string{"app": name}
	spec := pod.Spec
	spec.RestartPolicy = "Always"
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels}},
	}
	deployment.Spec.Template.Labels, deployment.Spec.Template.Spec = labels, spec
	if _, err := deployments.Create(ctx, deployment, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := live.Poll(ctx, "the deployment", rolloutDeadline, func(ctx context.Context) error {
		deployment, err := deployments.Get(ctx, name, metav1.GetOptions{})
		if err == nil && deployment.Status.ReadyReplicas < replicas {
			err = fmt.Errorf("%d of %d pods are ready", deployment.Status.ReadyReplicas, replicas)
		}
		return err
	}); err != nil {
		return err
	}
	if err := deployments.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	return live.Poll(ctx, "the pods to be gone", rolloutDeadline, func(ctx context.Context) error {
		pods, err := cluster.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + name})
		if err == nil && len(pods.Items) > 0 {
			err = errors.New("they are there")
		}
		return err
	})
}
