package attacks

import (
	"context"
	"errors"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// enforced puts a policy before a pod that was reached without it.
func (s *scene) enforced(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	namespace, err := scope.Namespace(ctx, "fence")
	if err != nil {
		return err
	}
	if err := allowAll(ctx, scope, namespace); err != nil {
		return err
	}
	fenced, err := moveIn(ctx, scope, namespace)
	if err != nil {
		return err
	}
	lines := fenced.toServer(fenced.client)
	if err := mustReach(ctx, scope, trial, lines); err != nil {
		return err
	}
	policies := scope.Client.NetworkingV1().NetworkPolicies(namespace)
	if _, err := policies.Create(ctx, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "deny-all", Labels: scope.Labels()},
		Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: bothWays},
	}, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := policies.Delete(ctx, "allow-all", metav1.DeleteOptions{}); err != nil {
		return err
	}
	started := time.Now()
	err = inParallel(lines, func(l line) error {
		err := l.untilDropped(ctx, scope, started)
		if err == nil || errors.Is(err, errGotThrough) {
			seen := l.seen(false, err != nil)
			seen.From = placeFenced
			trial.Connected(seen)
		}
		return err
	})
	switch {
	case errors.Is(err, errGotThrough):
		trial.Broken("RMP-NET-001", "a policy that denies everything is accepted, and means nothing: %v", err)
		return nil
	case err != nil:
		return err
	}
	trial.Held("RMP-NET-001", "a policy that denies everything stops what flowed before, after %.0f s at most",
		time.Since(started).Seconds())
	return nil
}

var errGotThrough = errors.New("it gets through")

// dropped is how often in a row a line must be silent to be shut. One packet can get lost: over UDP nobody sends it again, and
// a policy is programmed in just that moment.
const dropped = 3

// untilDropped tries a line until it is shut. The error is errGotThrough if it stays open.
func (l line) untilDropped(ctx context.Context, scope *verify.Scope, started time.Time) error {
	var arrived time.Duration // when the last one did
	silent := 0
	err := live.Poll(ctx, l.String()+" to be dropped", reachDeadline, func(ctx context.Context) error {
		reach, err := l.try(ctx, scope)
		switch {
		case err != nil:
			return err
		case reach != live.TimedOut:
			arrived, silent = time.Since(started), 0
			return errGotThrough
		}
		if silent++; silent < dropped {
			return fmt.Errorf("silent %d times so far", silent)
		}
		return nil
	})
	// An attempt may fail for want of an answer on a busy machine; what one before it saw late still counts.
	if err != nil && arrived > reachDeadline/2 && !errors.Is(err, errGotThrough) {
		err = errors.Join(errGotThrough, err)
	}
	return err
}
