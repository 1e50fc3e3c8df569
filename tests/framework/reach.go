package framework

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/rampart-iac/rampart/verify/live"
)

// reachDeadline is how long a connection that must work may fail: a service's endpoints reach every node a little
// after its pod is ready.
const reachDeadline = 30 * time.Second

// nameDeadline is how long one of several name servers may not know a new name: after outages of the API server they look again
// every minute only.
const nameDeadline = 2 * time.Minute

// MustReach fails the test if a connection does not work in the end.
func (c *Cluster) MustReach(t *testing.T, from *corev1.Pod, protocol, target string) {
	t.Helper()
	what := fmt.Sprintf("%s/%s to reach %s %s", from.Namespace, from.Name, protocol, target)
	Eventually(t, what, reachDeadline, func(ctx context.Context) error {
		reach, err := c.Connect(ctx, from, protocol, target)
		if err == nil && reach != live.Reached {
			err = fmt.Errorf("outcome %s", reach)
		}
		return err
	})
}

// Attack is a connection that must not work, and the pod for which the same connection does.
type Attack struct {
	From, Control    *corev1.Pod
	Protocol, Target string
}

// MustNotReach fails the test unless every connection is dropped, while the same connection works for its control:
// before the attack, so that the target is known to be up, and after it, so that it did not go down meanwhile.
func (c *Cluster) MustNotReach(t *testing.T, attacks ...Attack) {
	t.Helper()
	for _, attack := range attacks {
		c.MustReach(t, attack.Control, attack.Protocol, attack.Target)
	}
	// A dropped packet is waited for in vain, so that all are sent at once.
	var waiting sync.WaitGroup
	for _, attack := range attacks {
		waiting.Go(func() {
			what := fmt.Sprintf("%s/%s to %s %s", attack.From.Namespace, attack.From.Name, attack.Protocol, attack.Target)
			var reach live.Reach
			var failed error
			// Who does not learn the address has not tried the way to it: it asks again. Whatever else comes of it is final.
			unknown := live.Poll(t.Context(), what, nameDeadline, func(ctx context.Context) error {
				if reach, failed = c.Connect(ctx, attack.From, attack.Protocol, attack.Target); failed == nil && reach == live.NoName {
					return fmt.Errorf("outcome %s", reach)
				}
				return nil
			})
			switch {
			case unknown != nil:
				t.Error(unknown)
			case failed != nil:
				t.Errorf("%s: %v", what, failed)
			case reach != live.TimedOut:
				t.Errorf("%s: %s, want no answer", what, reach)
			}
		})
	}
	waiting.Wait()
	for _, attack := range attacks {
		c.MustReach(t, attack.Control, attack.Protocol, attack.Target)
	}
}
