package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Reach is what became of one connection, in the words of agnhost's connect.
type Reach string

// The outcomes that tests tell apart. Only a timeout is what a policy that drops packets looks like: a refusal is an
// answer, and an answer means that the packet arrived.
const (
	Reached  Reach = "reached"
	TimedOut Reach = "TIMEOUT"
	Refused  Reach = "REFUSED"
	NoName   Reach = "DNS"
)

// connectTimeout is how long one connection may take. On an idle machine it takes a millisecond.
const connectTimeout = 2 * time.Second

// Connect tries one connection from a pod. The protocol is tcp or udp, the target host:port. It is made by a command in the pod,
// or, of a cluster whose pods one may enter (Settings.EnterPods), by this process in the pod's network.
func (c *Cluster) Connect(ctx context.Context, from *corev1.Pod, protocol, target string) (Reach, error) {
	if node := c.entrance(from, target); node != nil {
		return connect(ctx, func(f func() error) error { return node.inNetworkOf(from, f) }, protocol, target)
	}
	_, err := c.ExecPod(ctx, from.Namespace, from.Name, "/agnhost", "connect", target,
		"--protocol="+protocol, "--timeout="+connectTimeout.String())
	if err == nil {
		return Reached, nil
	}
	for _, reach := range []Reach{TimedOut, Refused, NoName} {
		if strings.Contains(err.Error(), ": "+string(reach)) {
			return reach, nil
		}
	}
	// Over TCP agnhost does not tell such a name from other failures.
	if strings.Contains(err.Error(), ": no such host") {
		return NoName, nil
	}
	return "", err
}

// entrance returns the node through which one enters a pod's network. Nil if a command in the pod has to connect: what has a name
// is to be looked up there, too.
func (c *Cluster) entrance(pod *corev1.Pod, target string) *Node {
	if _, err := netip.ParseAddrPort(target); err != nil || !c.enterPods || pod.Spec.HostNetwork {
		return nil
	}
	for _, node := range c.nodes {
		if node.Name == pod.Spec.NodeName && node.direct {
			return node
		}
	}
	return nil
}

// Connect tries one connection from the node itself, in the same words.
func (n *Node) Connect(ctx context.Context, protocol, target string) (Reach, error) {
	return connect(ctx, n.InNetwork, protocol, target)
}

// connect tries one connection out of a network that another function enters. A process that got no time while it waited knows
// nothing of silence: it tries again.
func connect(ctx context.Context, inNetwork func(func() error) error, protocol, target string) (reach Reach, err error) {
	const attempts = 3
	for range attempts {
		longest := watchClock()
		reach, err = connectOnce(ctx, inNetwork, protocol, target)
		if asleep := longest(); reach != TimedOut || asleep < connectTimeout/2 {
			return reach, err
		}
	}
	return "", fmt.Errorf("%s to %s: this machine is too busy to tell silence from an answer that came meanwhile", protocol, target)
}

// beat is how often a process that has time looks at the clock.
const beat = connectTimeout / 20

// watchClock looks at the clock until the returned function is called, which says how long it was kept from it.
func watchClock() (longest func() time.Duration) {
	end, result := make(chan struct{}), make(chan time.Duration)
	go func() {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		last, most := time.Now(), time.Duration(0)
		for {
			ended := false
			select {
			case <-end:
				ended = true
			case <-ticker.C:
			}
			now := time.Now()
			most, last = max(most, now.Sub(last)), now
			if ended {
				result <- most
				return
			}
		}
	}()
	return func() time.Duration {
		close(end)
		return <-result
	}
}

func connectOnce(ctx context.Context, inNetwork func(func() error) error, protocol, target string) (reach Reach, err error) {
	var connection net.Conn
	entered := inNetwork(func() error {
		// What it takes to get there is no part of it.
		dialing, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		if connection, err = (&net.Dialer{}).DialContext(dialing, protocol, target); err == nil {
			err = errors.Join(answers(dialing, connection, protocol), connection.Close())
		}
		return nil
	})
	if entered != nil {
		return "", entered
	}
	timeout := net.Error(nil)
	switch {
	case err == nil:
		return Reached, nil
	case errors.As(err, &timeout) && timeout.Timeout():
		return TimedOut, nil
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused, nil
	}
	return "", err
}

// answers asks for a packet, if the protocol does not show by itself that somebody is there.
func answers(ctx context.Context, connection net.Conn, protocol string) error {
	if protocol != "udp" {
		return nil
	}
	deadline, _ := ctx.Deadline()
	if err := connection.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := connection.Write([]byte("hostname\n")); err != nil {
		return err
	}
	_, err := connection.Read(make([]byte, 1500))
	return err
}
