package attacks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// firstPacket runs pods whose first act is a connection.
func (s *scene) firstPacket(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	one, two, err := s.tenants(ctx, scope)
	if err != nil {
		return err
	}
	if err := mustReach(ctx, scope, trial, two.toServer(two.client)); err != nil {
		return err
	}
	seen := func(to *home, allowed bool, outcome live.Reach) {
		// A refusal is an answer, and what has to arrive has to be let in.
		arrived := outcome == live.Reached || !allowed && outcome != live.TimedOut
		seen := to.toServer(one.client)[0].seen(allowed, arrived)
		seen.From = one.namespace + firstSuffix
		trial.Connected(seen)
	}
	// All start at the same time: a new pod knows nothing of another.
	const tries = 3
	pods := []newcomer{{part: "friend", to: one}}
	for i := range tries {
		pods = append(pods, newcomer{part: "stranger-" + strconv.Itoa(i), to: two})
	}
	var mutex sync.Mutex
	outcomes := map[string]live.Reach{}
	if err := inParallel(pods, func(pod newcomer) error {
		outcome, err := connectAtOnce(ctx, scope, one, pod.part, pod.to.server)
		mutex.Lock()
		defer mutex.Unlock()
		outcomes[pod.part] = outcome
		return err
	}); err != nil {
		return err
	}
	for _, pod := range pods {
		outcome := outcomes[pod.part]
		seen(pod.to, pod.to == one, outcome)
		if pod.to == one {
			if outcome != live.Reached {
				err = fmt.Errorf("outcome %s", outcome)
			}
			if err := trial.Control("a new pod's first packet reaches its own namespace", err); err != nil {
				return err
			}
		} else if outcome != live.TimedOut {
			trial.Broken("RMP-NET-002", "the first packet of a new pod in %s arrives in %s", one.namespace, two.namespace)
			return nil
		}
	}
	trial.Held("RMP-NET-002", "the first packet of %d new pods in %s does not arrive in %s", tries, one.namespace, two.namespace)
	return nil
}

// newcomer is a pod whose first act is to connect to the server of a home.
type newcomer struct {
	part string
	to   *home
}

// connectedDeadline is for a pod to start, to connect and to end, on a busy machine.
const connectedDeadline = time.Minute

// connectAtOnce runs a pod that connects as soon as it starts, and returns what became of it.
func connectAtOnce(ctx context.Context, scope *verify.Scope, from *home, part string, to *corev1.Pod) (live.Reach, error) {
	pod := scope.DecentPod(from.namespace, scope.Name(part))
	pod.Spec.RestartPolicy = corev1.RestartPolicyNever
	pod.Spec.Containers[0].Args = []string{
		"connect", net.JoinHostPort(to.Status.PodIP, strconv.Itoa(live.TCPPort)), "--protocol=tcp", "--timeout=1s",
	}
	pod.Spec.Containers[0].TerminationMessagePolicy = corev1.TerminationMessageFallbackToLogsOnError
	if _, err := scope.StartPod(ctx, pod); err != nil {
		return "", err
	}
	var reach live.Reach
	return reach, live.Poll(ctx, "pod "+pod.Name+" to have connected", connectedDeadline, func(ctx context.Context) error {
		current, err := scope.Client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, status := range current.Status.ContainerStatuses {
			switch ended := status.State.Terminated; {
			case ended == nil:
			case ended.ExitCode == 0:
				reach = live.Reached
				return nil
			case strings.Contains(ended.Message, string(live.TimedOut)):
				reach = live.TimedOut
				return nil
			}
		}
		return errors.New(live.DescribePod(current))
	})
}
