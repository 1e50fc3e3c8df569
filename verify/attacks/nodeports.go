package attacks

import (
	"context"
	"errors"
	"net"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// silence is how long a connection is waited for that should not be answered.
const silence = 3 * time.Second

// knock connects from this machine, which is no node. It says whether anything came back; a refusal is an answer.
func knock(ctx context.Context, address string) (answered bool, err error) {
	connection, err := (&net.Dialer{Timeout: silence}).DialContext(ctx, "tcp", address)
	if err == nil {
		return true, connection.Close()
	}
	timeout := net.Error(nil)
	if errors.As(err, &timeout) && timeout.Timeout() {
		return false, ctx.Err()
	}
	return true, nil // the node refused: it could be asked
}

// nodesFromOutside knocks at the ports of nodes from this machine, beside a port that is open to all.
func nodesFromOutside(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-NET-009"
	type door struct {
		node *live.Node
		port string
	}
	var doors []door
	for _, node := range scope.Nodes() {
		if err := trial.Control("this machine reaches node "+node.Name, openPort(ctx, node)); err != nil {
			return err
		}
		doors = append(doors, door{node, kubeletPort})
		if node.ControlPlane {
			doors = append(doors, door{node, "2379"}, door{node, etcdPeer})
		}
	}
	if err := inParallel(doors, func(d door) error {
		address := net.JoinHostPort(d.node.Address, d.port)
		inside, err := d.node.Dial(ctx, address)
		if err := trial.Control("the node itself reaches its port "+d.port, err); err != nil {
			return err
		}
		_ = inside.Close()
		trial.Connected(line{nil, "tcp", address, placeOfPort(d.port)}.seen(true, true))
		answered, err := knock(ctx, address)
		if err != nil {
			return err
		}
		trial.Connected(verify.Connection{
			From: placeOutside, To: placeOfPort(d.port), Protocol: "tcp", Port: d.port, Arrived: answered,
		})
		if answered {
			trial.Broken(control, "port %s of node %s answers this machine, which is no node", d.port, d.node.Name)
		}
		return nil
	}); err != nil {
		return err
	}
	trial.Held(control, "%d ports of kubelets and etcd are silent to this machine, which reaches the nodes otherwise", len(doors))
	return nil
}

// openPort listens on a node for a moment and connects from this machine.
func openPort(ctx context.Context, node *live.Node) error {
	var listener net.Listener
	if err := node.InNetwork(func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(node.Address, "0"))
		return err
	}); err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	connection, err := (&net.Dialer{Timeout: silence}).DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	return connection.Close()
}

// wayToAnywhere reads what tenants' policies name.
func wayToAnywhere(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	namespaces, err := tenants(ctx, scope)
	if err != nil {
		return err
	}
	rules := 0
	for _, namespace := range namespaces {
		policies, err := scope.Client.NetworkingV1().NetworkPolicies(namespace).List(ctx, metav1.ListOptions{LabelSelector: managedBy})
		if err != nil {
			return err
		}
		for _, policy := range policies.Items {
			for _, rule := range policy.Spec.Egress {
				rules++
				if toAnywhere(rule) {
					trial.Broken(baseline.EgressAnywhere, "policy %s/%s lets its pods out to the whole world", namespace, policy.Name)
				}
			}
		}
	}
	if rules == 0 {
		err = errors.New("there are none")
	}
	if err := trial.Control("rules of tenants' policies are seen", err); err != nil {
		return err
	}
	trial.Held(baseline.EgressAnywhere, "none of %d rules of tenants names the whole world (read, not attacked)", rules)
	return nil
}

func toAnywhere(rule networkingv1.NetworkPolicyEgressRule) bool {
	for _, peer := range rule.To {
		if peer.IPBlock != nil && (peer.IPBlock.CIDR == "0.0.0.0/0" || peer.IPBlock.CIDR == "::/0") {
			return true
		}
	}
	return len(rule.To) == 0
}
