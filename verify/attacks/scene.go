package attacks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// scene is what network attacks of one run share: namespaces with a client and a server each, set up when they are first
// needed.
type scene struct {
	mutex sync.Mutex
	homes map[string]func() (*home, error)
	names func() ([]string, error)
}

// home is a client and a server in one namespace, on different nodes where there are two, so that traffic crosses the
// tunnel as well.
type home struct {
	namespace      string
	client, server *corev1.Pod
}

// The homes of a scene beside those of tenants. No namespace can have such a name.
const (
	// openHome has a policy that allows everything: whatever stops its traffic is above all policies of a namespace.
	openHome = "verify open"
	// newHome has nothing but the pods: a namespace that somebody has just made.
	newHome = "verify new"
	// Pods in the namespaces of two tenants, for which alone a policy allows everything.
	carelessOne, carelessTwo = "verify careless one", "verify careless two"
)

func (s *scene) home(ctx context.Context, scope *verify.Scope, name string) (*home, error) {
	s.mutex.Lock()
	if s.homes == nil {
		s.homes = map[string]func() (*home, error){}
	}
	if s.homes[name] == nil {
		s.homes[name] = sync.OnceValues(func() (*home, error) { return s.build(ctx, scope, name) })
	}
	get := s.homes[name]
	s.mutex.Unlock()
	return get()
}

// namespaces are those of tenants, or of what plays them.
func (s *scene) namespaces(ctx context.Context, scope *verify.Scope) ([]string, error) {
	s.mutex.Lock()
	if s.names == nil {
		s.names = sync.OnceValues(func() ([]string, error) { return tenantsOrPlayed(ctx, scope) })
	}
	names := s.names
	s.mutex.Unlock()
	return names()
}

// tenants returns the homes in the namespaces of two tenants.
func (s *scene) tenants(ctx context.Context, scope *verify.Scope) (one, two *home, err error) {
	namespaces, err := s.namespaces(ctx, scope)
	if err != nil {
		return nil, nil, err
	}
	return s.two(ctx, scope, namespaces[0], namespaces[1])
}

// two returns two homes, which are set up at the same time.
func (s *scene) two(ctx context.Context, scope *verify.Scope, first, second string) (one, two *home, err error) {
	var failed error
	var waiting sync.WaitGroup
	waiting.Go(func() { one, failed = s.home(ctx, scope, first) })
	two, err = s.home(ctx, scope, second)
	waiting.Wait()
	return one, two, errors.Join(err, failed)
}

// build makes a home of its own; under any other name it is the namespace of that name, which is there already.
func (s *scene) build(ctx context.Context, scope *verify.Scope, name string) (*home, error) {
	switch name {
	case carelessOne, carelessTwo:
		namespaces, err := s.namespaces(ctx, scope)
		if err != nil {
			return nil, err
		}
		if name == carelessOne {
			return carelessIn(ctx, scope, namespaces[0])
		}
		return carelessIn(ctx, scope, namespaces[1])
	case openHome, newHome:
		namespace, err := scope.Namespace(ctx, strings.TrimPrefix(name, "verify "))
		if err == nil && name == openHome {
			err = allowAll(ctx, scope, namespace)
		}
		if err != nil {
			return nil, err
		}
		return moveIn(ctx, scope, namespace)
	default:
		return moveIn(ctx, scope, name)
	}
}

// carelessLabel marks the pods for which a policy allows everything.
const carelessLabel = "rampart.dev/verify-careless"

// carelessIn runs a client and a server in a tenant's namespace, with a policy that allows everything to them and to no
// other pod.
func carelessIn(ctx context.Context, scope *verify.Scope, namespace string) (*home, error) {
	name := scope.Name("careless")
	policies := scope.Client.NetworkingV1().NetworkPolicies(namespace)
	scope.DeferDelete("network policy "+namespace+"/"+name,
		func(ctx context.Context) error { return policies.Delete(ctx, name, metav1.DeleteOptions{}) },
		func(ctx context.Context) error {
			_, err := policies.Get(ctx, name, metav1.GetOptions{})
			return err
		})
	mark := map[string]string{carelessLabel: scope.ID}
	if _, err := policies.Create(ctx, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: scope.Labels()},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: mark}, PolicyTypes: bothWays,
			Ingress: []networkingv1.NetworkPolicyIngressRule{{}}, Egress: []networkingv1.NetworkPolicyEgressRule{{}},
		},
	}, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	return moveInAs(ctx, scope, namespace, "careless-", mark)
}

// bothWays are both directions of traffic.
var bothWays = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}

// allowAll makes a policy that lets everything in and out of a namespace of the run.
func allowAll(ctx context.Context, scope *verify.Scope, namespace string) error {
	_, err := scope.Client.NetworkingV1().NetworkPolicies(namespace).Create(ctx, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "allow-all", Labels: scope.Labels()},
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: bothWays,
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{}}, Egress: []networkingv1.NetworkPolicyEgressRule{{}},
		},
	}, metav1.CreateOptions{})
	return err
}

func moveIn(ctx context.Context, scope *verify.Scope, namespace string) (*home, error) {
	return moveInAs(ctx, scope, namespace, "", nil)
}

// moveInAs is moveIn with names that start in a way, and labels.
func moveInAs(
	ctx context.Context, scope *verify.Scope, namespace, prefix string, labels map[string]string,
) (*home, error) {
	nodes := scope.Nodes()
	made := &home{namespace: namespace}
	var failed error
	var waiting sync.WaitGroup
	waiting.Go(func() {
		made.server, failed = runOn(ctx, scope, nodes[len(nodes)-1], namespace, prefix+"server", labels)
	})
	var err error
	made.client, err = runOn(ctx, scope, nodes[0], namespace, prefix+"client", labels)
	waiting.Wait()
	return made, errors.Join(err, failed)
}

// runOn runs a decent pod on a node, past the scheduler and past the taint that keeps others off the control plane.
func runOn(
	ctx context.Context, scope *verify.Scope, node *live.Node, namespace, part string, labels map[string]string,
) (*corev1.Pod, error) {
	pod := scope.ServingPod(namespace, scope.Name(part))
	maps.Copy(pod.Labels, labels)
	pod.Spec.NodeName = node.Name
	pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	return scope.RunPod(ctx, pod)
}

// line is one connection. From a nil pod it starts on the control-plane node itself. The place is what the target is in
// words.
type line struct {
	from                    *corev1.Pod
	protocol, target, place string
}

func (l line) String() string {
	who := "the node itself"
	if l.from != nil {
		who = "a pod in " + l.from.Namespace
	}
	return fmt.Sprintf("%s to %s %s", who, l.protocol, l.target)
}

// toServer are the lines from a pod to a home's server, over both protocols.
func (h *home) toServer(from *corev1.Pod) []line {
	address, place := h.server.Status.PodIP, placeOf(h.server)
	return []line{
		{from, "tcp", net.JoinHostPort(address, strconv.Itoa(live.TCPPort)), place},
		{from, "udp", net.JoinHostPort(address, strconv.Itoa(live.UDPPort)), place},
	}
}

// try makes one connection.
func (l line) try(ctx context.Context, scope *verify.Scope) (live.Reach, error) {
	if l.from != nil {
		return scope.Connect(ctx, l.from, l.protocol, l.target)
	}
	return scope.ControlPlane().Connect(ctx, l.protocol, l.target)
}

// heardAt says that a played place heard the line, whatever became of its answer: what sends data out needs none.
func (l line) heardAt(place *verify.Outside) bool {
	host, _, _ := net.SplitHostPort(l.target)
	return host == place.Address && l.from != nil && place.HeardOver(l.protocol, l.from.Status.PodIP)
}

// reachDeadline is how long a connection that must work may fail: a policy and a pod's address reach every node a little
// after they are there.
const reachDeadline = 20 * time.Second

// mustReach makes control experiments of lines.
func mustReach(ctx context.Context, scope *verify.Scope, trial *verify.Trial, lines []line) error {
	return inParallel(lines, func(l line) error {
		err := live.Poll(ctx, l.String(), reachDeadline, func(ctx context.Context) error {
			reach, err := l.try(ctx, scope)
			if err == nil && reach != live.Reached {
				err = fmt.Errorf("outcome %s", reach)
			}
			return err
		})
		trial.Connected(l.seen(true, err == nil))
		return trial.Control(l.String(), err)
	})
}

// through tries lines that must not work, between two rounds of those that must, and returns the ones that did. Of places that
// are played, it counts what they heard.
func through(
	ctx context.Context, scope *verify.Scope, trial *verify.Trial, controls, attacks []line, places ...*verify.Outside,
) ([]line, error) {
	if err := mustReach(ctx, scope, trial, controls); err != nil {
		return nil, err
	}
	var mutex sync.Mutex
	var got []line
	err := inParallel(attacks, func(l line) error {
		reach, err := l.try(ctx, scope)
		if err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
		// A refusal is an answer: the packet arrived.
		arrived := reach != live.TimedOut || slices.ContainsFunc(places, l.heardAt)
		trial.Connected(l.seen(false, arrived))
		if arrived {
			mutex.Lock()
			defer mutex.Unlock()
			got = append(got, l)
		}
		return nil
	})
	if err != nil || len(got) > 0 {
		return got, err
	}
	return nil, mustReach(ctx, scope, trial, controls)
}
