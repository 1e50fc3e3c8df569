package framework

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify/live"
)

// restartDeadline is for nodes to be found again after their containers were started.
const restartDeadline = 2 * time.Minute

// StopNodes stops the containers of all nodes.
func (c *Cluster) StopNodes(ctx context.Context) error {
	for _, engine := range live.Engines(ctx) {
		names, err := engine.ContainersOf(ctx, c.Name)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			continue
		}
		// A node's services may take long to end in order, and a machine that loses power does not let them either.
		stop := append([]string{"stop", "--time", "2"}, names...)
		if _, err := engine.Run(ctx, stop...); err != nil {
			// Podman takes it for an error if a container ends by itself in the moment in which it is to be killed, and goes no
			// further. What is stopped already is left alone.
			if _, again := engine.Run(ctx, stop...); again != nil {
				return errors.Join(err, again)
			}
		}
	}
	return nil
}

// FindNodes finds the nodes again after they were started: their processes and perhaps their addresses are others. Pointers to
// nodes from before are stale.
func (c *Cluster) FindNodes(ctx context.Context) error {
	return live.Poll(ctx, "the nodes after their restart", restartDeadline, func(ctx context.Context) error {
		found, err := open(ctx, c.Admin)
		if err == nil {
			err = found.WithoutEngine
		}
		if err == nil {
			c.Cluster = found
		}
		return err
	})
}

// NodesReady is nil once every node is ready: what it reported before it was stopped does not count.
func (c *Cluster) NodesReady(ctx context.Context) error {
	list, err := c.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, node := range list.Items {
		ready := false
		for _, condition := range node.Status.Conditions {
			ready = ready || condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
		}
		if !ready {
			return fmt.Errorf("node %s is not ready", node.Name)
		}
	}
	return nil
}

// PodsReady is nil once every pod of the system is ready.
func (c *Cluster) PodsReady(ctx context.Context) error {
	return c.podsReady(ctx, metav1.NamespaceSystem, time.Time{})
}

// PodsStartedAgain is nil once every pod of the cluster is ready, with containers that have started since a moment: of those that
// nodes ran before they were stopped, the API server says that they are ready until a kubelet says otherwise.
func (c *Cluster) PodsStartedAgain(ctx context.Context, since time.Time) error {
	return c.podsReady(ctx, metav1.NamespaceAll, since)
}

func (c *Cluster) podsReady(ctx context.Context, namespace string, since time.Time) error {
	list, err := c.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(list.Items) == 0 {
		return errors.New("there are no pods")
	}
	since = since.Truncate(time.Second) // as the API server's times are
	for _, pod := range list.Items {
		if err := live.Ready(&pod); err != nil {
			return fmt.Errorf("%s/%s: %w", pod.Namespace, pod.Name, err)
		}
		for _, container := range pod.Status.ContainerStatuses {
			if running := container.State.Running; running == nil || running.StartedAt.Time.Before(since) {
				return fmt.Errorf("%s/%s: %s has not started again", pod.Namespace, pod.Name, container.Name)
			}
		}
	}
	return nil
}
