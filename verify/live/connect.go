package live

import (
	"context"
	"strings"
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

// Connect tries one connection from a pod. The protocol is tcp or udp, the target host:port.
func (c *Cluster) Connect(ctx context.Context, from *corev1.Pod, protocol, target string) (Reach, error) {
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
	return "", err
}
