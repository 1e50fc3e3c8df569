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
			reach, err := c.Connect(t.Context(), attack.From, attack.Protocol, attack.Target)
			what := fmt.Sprintf("%s/%s to %s %s", attack.From.Namespace, attack.From.Name, attack.Protocol, attack.Target)
			switch {
			case err != nil:
				t.Errorf("%s: %v", what, err)
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
