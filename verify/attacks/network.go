package attacks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

// Places beyond the cluster that nodes play on their own loopback, so that no packet leaves the machine: two of the
// ranges that documentation uses, and the address at which clouds hand credentials to whoever asks.
const (
	someHost   = "203.0.113.10"
	nameServer = "198.51.100.53"
	metadata   = "169.254.169.254"
	dnsPort    = "53"
)

func networkAttacks() []verify.Attack {
	shared := &scene{}
	attack := func(
		name, does string, needs []verify.Need, run func(*scene, context.Context, *verify.Scope, *verify.Trial) error,
		proves ...baseline.ControlID,
	) verify.Attack {
		return verify.Attack{
			Name: name, Does: does, Proves: proves, Needs: needs,
			Run: func(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
				return run(shared, ctx, scope, trial)
			},
		}
	}
	// From pod to pod everything is in the cluster. What is beyond it is played by nodes, and their own ports answer only
	// whoever stands on one: the control experiments start there.
	pods, nodes := []verify.Need{verify.NeedPods}, []verify.Need{verify.NeedPods, verify.NeedNodes}
	return []verify.Attack{
		attack("tenant-borders", "connect from tenant to tenant, to nodes, the API and the world", pods, (*scene).borders,
			"RMP-NET-003"),
		attack("policy-enforced", "connect past a policy that denies it", pods, (*scene).enforced, "RMP-NET-001"),
		attack("first-packet", "connect with the first packet of a new pod", pods, (*scene).firstPacket, "RMP-NET-002"),
		attack("dns-tunnel", "send data out through port 53", nodes, (*scene).dnsTunnel, "RMP-NET-004"),
		attack("new-namespace", "connect from and to a namespace that was just made", pods, (*scene).newNamespace, "RMP-NET-005"),
		attack("metadata", "ask the metadata address from a pod that may do everything", nodes, (*scene).metadata, "RMP-NET-006"),
		attack("node-ports", "reach kubelets and etcd from a pod that may do everything", nodes, (*scene).nodePorts, "RMP-NET-007"),
		attack("careless-tenants", "connect tenants whose own policies allow everything", pods, (*scene).careless, "RMP-NET-008"),
		{
			Name: "nodes-from-outside", Does: "reach kubelets and etcd from this machine",
			Proves: ids("RMP-NET-009"), Needs: []verify.Need{verify.NeedNodes}, Run: nodesFromOutside,
		}, {
			Name: "way-to-anywhere", Does: "look for rules of tenants that name the whole world",
			Proves: ids(baseline.EgressAnywhere), Run: wayToAnywhere,
		},
	}
}

// report says of a control what came through.
func report(trial *verify.Trial, control baseline.ControlID, got []line, held string) {
	if len(got) > 0 {
		trial.Broken(control, "%s gets through, and %d more", got[0], len(got)-1)
		return
	}
	trial.Held(control, "%s", held)
}

func (s *scene) borders(ctx context.Context, scope *verify.Scope, trial *verify.Trial) (err error) {
	one, two, err := s.tenants(ctx, scope)
	if err != nil {
		return err
	}
	open, err := s.home(ctx, scope, openHome)
	if err != nil {
		return err
	}
	var attacks []line
	controls := append(append(one.toServer(one.client), two.toServer(two.client)...), open.toServer(open.client)...)
	for _, way := range []struct{ from, to *home }{
		{one, two}, {two, one},
		// Nothing guards the open home, so that it is the tenant's own way out, or in, that is shut.
		{one, open}, {open, two},
	} {
		attacks = append(attacks, way.to.toServer(way.from.client)...)
	}
	if scope.WithoutEngine != nil {
		got, err := through(ctx, scope, trial, controls, attacks)
		if err != nil {
			return err
		}
		report(trial, "RMP-NET-003", got, fmt.Sprintf("%d connections between %s, %s and other namespaces are dropped (nodes, the "+
			"metadata address and the world were not tried: their controls start on nodes)", len(attacks), one.namespace, two.namespace))
		return nil
	}
	api, err := scope.Client.CoreV1().Services("default").Get(ctx, "kubernetes", metav1.GetOptions{})
	if err != nil {
		return err
	}
	node := scope.ControlPlane().Address
	for _, port := range []string{"6443", kubeletPort, "2379"} {
		target := net.JoinHostPort(node, port)
		place := placeOfPort(port)
		controls = append(controls, line{nil, "tcp", target, place})
		attacks = append(attacks, line{one.client, "tcp", target, place}, line{two.server, "tcp", target, place})
	}
	attacks = append(attacks, line{one.client, "tcp", net.JoinHostPort(api.Spec.ClusterIP, "443"), placeAPI})
	var places []*live.Outside
	defer func() {
		for _, played := range places {
			err = errors.Join(err, played.Close())
		}
	}()
	for _, beyond := range []struct{ address, place string }{{someHost, placeWorld}, {metadata, placeMetadata}} {
		played, err := scope.PlayOutside(ctx, beyond.address)
		if err != nil {
			return err
		}
		places = append(places, played)
		target := net.JoinHostPort(beyond.address, live.OutsidePort)
		controls = append(controls, line{nil, "tcp", target, beyond.place}, line{nil, "udp", target, beyond.place})
		attacks = append(attacks, line{one.client, "tcp", target, beyond.place},
			line{one.server, "udp", target, beyond.place}, line{two.client, "tcp", target, beyond.place})
	}
	got, err := through(ctx, scope, trial, controls, attacks, places...)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-003", got, fmt.Sprintf(
		"%d connections out of and into %s and %s are dropped: to each other, nodes, the API, the metadata address, the world",
		len(attacks), one.namespace, two.namespace))
	return nil
}

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

// untilDropped tries a line until it is shut. The error is errGotThrough if it stays open.
func (l line) untilDropped(ctx context.Context, scope *verify.Scope, started time.Time) error {
	var arrived time.Duration // when the last one did
	err := live.Poll(ctx, l.String()+" to be dropped", reachDeadline, func(ctx context.Context) error {
		reach, err := l.try(ctx, scope)
		if err == nil && reach != live.TimedOut {
			arrived, err = time.Since(started), errGotThrough
		}
		return err
	})
	// An attempt may fail for want of an answer on a busy machine; what one before it saw late still counts.
	if err != nil && arrived > reachDeadline/2 && !errors.Is(err, errGotThrough) {
		err = errors.Join(errGotThrough, err)
	}
	return err
}

func (s *scene) dnsTunnel(ctx context.Context, scope *verify.Scope, trial *verify.Trial) (err error) {
	one, _, err := s.tenants(ctx, scope)
	if err != nil {
		return err
	}
	dns, err := scope.Client.CoreV1().Services("kube-system").Get(ctx, "kube-dns", metav1.GetOptions{})
	if err != nil {
		return err
	}
	place, err := scope.PlayOutside(ctx, nameServer, dnsPort)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	target := net.JoinHostPort(nameServer, dnsPort)
	got, err := through(ctx, scope, trial,
		[]line{
			{one.client, "tcp", net.JoinHostPort(dns.Spec.ClusterIP, dnsPort), placeDNS}, {nil, "tcp", target, placeNameServer},
			{nil, "udp", target, placeNameServer},
		}, []line{
			{one.client, "tcp", target, placeNameServer}, {one.client, "udp", target, placeNameServer},
			{one.server, "udp", target, placeNameServer},
		}, place)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-004", got,
		"a tenant's pod reaches the cluster's DNS on port 53, and a name server elsewhere over neither protocol")
	return nil
}

func (s *scene) newNamespace(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	fresh, err := s.home(ctx, scope, newHome)
	if err != nil {
		return err
	}
	open, err := s.home(ctx, scope, openHome)
	if err != nil {
		return err
	}
	got, err := through(ctx, scope, trial, open.toServer(open.client),
		append(open.toServer(fresh.client), fresh.toServer(open.client)...))
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-005", got, "a namespace without any policy of its own is shut in both directions")
	return nil
}

func (s *scene) metadata(ctx context.Context, scope *verify.Scope, trial *verify.Trial) (err error) {
	open, err := s.home(ctx, scope, openHome)
	if err != nil {
		return err
	}
	place, err := scope.PlayOutside(ctx, metadata)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	target := net.JoinHostPort(metadata, live.OutsidePort)
	got, err := through(ctx, scope, trial,
		append(open.toServer(open.client), line{nil, "tcp", target, placeMetadata}, line{nil, "udp", target, placeMetadata}),
		[]line{
			{open.client, "tcp", target, placeMetadata}, {open.client, "udp", target, placeMetadata},
			{open.server, "tcp", target, placeMetadata},
		}, place)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-006", got, "a pod whose own policies allow everything does not reach "+metadata)
	return nil
}

func (s *scene) nodePorts(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	open, _, err := s.two(ctx, scope, carelessOne, carelessTwo)
	if err != nil {
		return err
	}
	controls, attacks := open.toServer(open.client), []line{}
	for _, node := range scope.Nodes() {
		ports := []string{kubeletPort}
		if node.ControlPlane {
			ports = append(ports, "2379", etcdPeer)
		}
		for _, port := range ports {
			target := net.JoinHostPort(node.Address, port)
			place := placeOfPort(port)
			controls = append(controls, line{nil, "tcp", target, place})
			attacks = append(attacks, line{open.client, "tcp", target, place}, line{open.server, "tcp", target, place})
		}
	}
	got, err := through(ctx, scope, trial, controls, attacks)
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-007", got, fmt.Sprintf(
		"%d connections of a tenant whose own policies allow everything to kubelets and etcd are dropped", len(attacks)))
	return nil
}

func (s *scene) careless(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	one, two, err := s.two(ctx, scope, carelessOne, carelessTwo)
	if err != nil {
		return err
	}
	got, err := through(ctx, scope, trial, append(one.toServer(one.client), two.toServer(two.client)...),
		append(two.toServer(one.client), one.toServer(two.client)...))
	if err != nil {
		return err
	}
	report(trial, "RMP-NET-008", got, fmt.Sprintf(
		"pods in %s and %s for which policies allow everything do not reach each other", one.namespace, two.namespace))
	return nil
}
