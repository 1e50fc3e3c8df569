package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/tests/framework"
)

// knockTimeout is how long a connection to a node may take. On an idle machine it takes a millisecond.
const knockTimeout = 2 * time.Second

// knockDeadline is for a node that is to get through.
const knockDeadline = 20 * time.Second

// knock connects to a node's port from this machine, which is no node and stands in the nodes' network like any neighbour.
func knock(ctx context.Context, node *framework.Node, port string) error {
	dialer := net.Dialer{Timeout: knockTimeout}
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(node.Address, port))
	if err != nil {
		return err
	}
	return connection.Close()
}

// TestNodesAreGuarded: from the network that nodes stand in, the API server answers, and kubelets and etcd do not, while
// nodes reach each other.
func TestNodesAreGuarded(t *testing.T) {
	t.Parallel()
	controlPlane := cluster.ControlPlane()
	if err := knock(t.Context(), controlPlane, "6443"); err != nil {
		t.Fatalf("the API server, which must answer: %v", err)
	}
	type door struct {
		node *framework.Node
		port string
	}
	doors := []door{{controlPlane, "2379"}, {controlPlane, "2380"}}
	for _, node := range cluster.Nodes() {
		doors = append(doors, door{node, "10250"})
	}
	for _, door := range doors {
		t.Run(door.node.Name+":"+door.port, func(t *testing.T) {
			t.Parallel()
			// Control: somebody listens there, and other nodes get through.
			for _, neighbour := range cluster.Nodes() {
				framework.Eventually(t, fmt.Sprintf("%s to reach it", neighbour.Name), knockDeadline, func(ctx context.Context) error {
					ctx, cancel := context.WithTimeout(ctx, knockTimeout)
					defer cancel()
					connection, err := neighbour.Dial(ctx, net.JoinHostPort(door.node.Address, door.port))
					if err != nil {
						return err
					}
					return connection.Close()
				})
			}
			err := knock(t.Context(), door.node, door.port)
			if failure := net.Error(nil); !errors.As(err, &failure) || !failure.Timeout() {
				t.Errorf("from outside: %v, want no answer", err)
			}
		})
	}
}
