package authority

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// pollInterval is how often nodes are looked at. A kubelet reports every ten seconds if it differs from what stands there.
const pollInterval = time.Second

// AwaitNodes waits until the kubelets of nodes have reported since a moment: until then the API server shows the machines of the
// same names that the snapshot knows. silent are those that have not when the time is over, which is no error.
func AwaitNodes(
	ctx context.Context, client kubernetes.Interface, names []string, since time.Time, patience time.Duration,
) (silent []string, err error) {
	since = since.Truncate(time.Second) // as the API server keeps time
	silent = slices.Clone(names)        // until something else is known of them
	err = wait.PollUntilContextTimeout(ctx, pollInterval, patience, true, func(ctx context.Context) (bool, error) {
		nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, nil //nolint:nilerr // asked again
		}
		silent = slices.Clone(names)
		for _, node := range nodes.Items {
			if reported(&node, since) {
				silent = slices.DeleteFunc(silent, func(name string) bool { return name == node.Name })
			}
		}
		return len(silent) == 0, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil
	}
	return silent, err
}

func reported(node *corev1.Node, since time.Time) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
		return condition.Type == corev1.NodeReady && condition.Reason != "NodeStatusUnknown" &&
			!condition.LastHeartbeatTime.Time.Before(since)
	})
}
