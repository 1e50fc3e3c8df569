// Package leadership lets the controllers of a control plane that has started anew take over from those of before.
package leadership

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// leases are those of the two without whom the API server answers and nothing comes of it: no pod is placed, and no namespace
// gets its account. Both are called as the processes are.
var leases = []string{"kube-controller-manager", "kube-scheduler"}

// pollInterval is how often the leases are looked at. Who wants one asks for it every second, or every two.
const pollInterval = 500 * time.Millisecond

// TakeOver waits until controllers of a control plane lead that have started since a moment. Those of before have left leases
// that run for 15 seconds more (--leader-elect-lease-duration), and nobody would do their work for so long: the lease of a
// holder that is dead is removed. late are those that nobody leads yet when patience is over, which is no error.
func TakeOver(
	ctx context.Context, client kubernetes.Interface, dead func(holder string) bool, since time.Time, patience time.Duration,
) (late []string, err error) {
	late = leases // until something else is known of them
	err = wait.PollUntilContextTimeout(ctx, pollInterval, patience, true, func(ctx context.Context) (bool, error) {
		late = nil
		for _, name := range leases {
			if !led(ctx, client, name, dead, since) {
				late = append(late, name)
			}
		}
		return len(late) == 0, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil
	}
	return late, err
}

// Of takes a holder for dead that was a process of one of these nodes.
func Of(nodes []string) func(holder string) bool {
	return func(holder string) bool {
		return slices.ContainsFunc(nodes, func(node string) bool { return strings.HasPrefix(holder, node+"_") })
	}
}

// Anybody takes every holder for dead: whoever stands in data of another day.
func Anybody(string) bool { return true }

// led says whether somebody leads who has started since a moment, and takes the lease of one who is dead.
func led(
	ctx context.Context, client kubernetes.Interface, name string, dead func(holder string) bool, since time.Time,
) bool {
	all := client.CoordinationV1().Leases(metav1.NamespaceSystem)
	lease, err := all.Get(ctx, name, metav1.GetOptions{})
	if err != nil || holder(lease) == "" {
		return false // nobody has asked for it yet, or the API server is to be asked again
	}
	if renewed := lease.Spec.RenewTime; renewed != nil && !renewed.Time.Before(since) {
		return true
	}
	if dead(holder(lease)) {
		// Not if somebody has written it since it was read: then it is somebody's who lives. What fails is tried again.
		_ = all.Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{
			UID: &lease.UID, ResourceVersion: &lease.ResourceVersion,
		}})
	}
	return false
}

// holder is the name of the node and a number of the process, as client-go's leader election and Kubernetes write it.
func holder(lease *coordinationv1.Lease) string {
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}
