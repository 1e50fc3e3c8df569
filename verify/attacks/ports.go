package attacks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/live"
)

func portAttacks() []verify.Attack {
	return []verify.Attack{
		{
			Name: "old-tls", Does: "speak plain HTTP and old TLS to every port that listens on the nodes",
			Proves: ids("RMP-CPL-001", "RMP-CPL-002", "RMP-DAT-002", "RMP-NOD-002", "RMP-NOD-010"),
			Needs:  []verify.Need{verify.NeedNodes}, Run: oldTLS,
		}, {
			Name: "api-from-outside", Does: "knock at the API server on this machine's other addresses",
			Proves: ids("RMP-CPL-003"), Needs: []verify.Need{verify.NeedNodes}, Run: apiFromOutside,
		},
	}
}

// plainOnLoopback are the listeners that may speak plain HTTP, each with the reason, as long as only the node itself
// reaches them.
var plainOnLoopback = []struct{ process, port, reason string }{
	{"kubelet", "10248", "the kubelet's health: the word ok"},
	{"kube-proxy", "10249", "kube-proxy's metrics, read by the node's administrator"},
	{"kube-proxy", "10256", "kube-proxy's health: one word"},
	{"containerd", "", "the kubelet's own stream into containers, behind the kubelet's authentication"},
	{"calico-node", "9099", "Felix's health: one word"},
	{"calico-node", "9098", "Felix's health through the node's other probes: one word"},
}

// engineNameServer is the container engine's, for the node, which speaks plainly too. Its process is none of the node's, and has
// no name there.
const engineNameServer = "127.0.0.11"

// controlPlanePorts must be found on a control-plane node: a search that found fewer would prove less than it says.
var controlPlanePorts = []string{"2379", "2380", "6443", "10250", "10257", "10259"}

// played are the addresses that verification itself puts on nodes: those for documentation, and the clouds' metadata.
var played = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("169.254.169.254/32"),
}

// port is a listener on a node, and what it answered.
type port struct {
	node     *live.Node
	listener live.Listener
	// modern says that it serves TLS 1.3, plain that it serves HTTP.
	modern bool
	plain  int
	// old are the versions below the floor that it serves; weak says that 1.2 with a weak suite is among what it serves.
	old  []string
	weak bool
	// failed is why it could not be probed.
	failed error
}

func (p *port) String() string { return fmt.Sprintf("%s %s", p.node.Name, p.listener) }

// control is the one that a port which speaks plainly or too old a TLS breaks.
func (p *port) control() baseline.ControlID {
	switch p.listener.Process {
	case "etcd":
		if !p.modern {
			return "RMP-DAT-002"
		}
	case "kubelet":
		if !p.modern {
			return "RMP-NOD-002"
		}
	case "kube-proxy":
		return "RMP-NOD-010"
	}
	return "RMP-CPL-001"
}

func (p *port) allowedPlain() bool {
	if p.listener.Process == "" {
		return p.listener.Address == engineNameServer
	}
	return slices.ContainsFunc(plainOnLoopback, func(known struct{ process, port, reason string }) bool {
		return p.listener.Process == known.process && (known.port == "" || p.listener.Port == known.port)
	}) && p.listener.Loopback()
}

// oldTLS finds every TCP port that anything listens on, on every node, and speaks to it as no client should be able to.
func oldTLS(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	ports, err := probePorts(ctx, scope)
	if err != nil {
		return err
	}
	broken := map[baseline.ControlID]bool{}
	blame := func(control baseline.ControlID, format string, args ...any) {
		broken[control] = true
		trial.Broken(control, format, args...)
	}
	modern := 0
	for _, p := range ports {
		switch {
		case p.plain != 0 && p.plain != http.StatusBadRequest && !p.allowedPlain():
			blame(p.control(), "%s answers plain HTTP with status %d", p, p.plain)
		case len(p.old) > 0:
			blame(p.control(), "%s serves %v", p, p.old)
		case !p.modern && !p.allowedPlain():
			blame(p.control(), "%s does not speak TLS 1.3", p)
		}
		if p.weak {
			blame("RMP-CPL-002", "%s serves a cipher suite without forward secrecy or authentication", p)
		}
		if p.modern {
			modern++
		}
	}
	for control, evidence := range map[baseline.ControlID]string{
		"RMP-CPL-001": fmt.Sprintf("%d ports on %d nodes serve TLS 1.3, and refuse what is below %s and plain HTTP",
			modern, len(scope.Nodes()), scope.TLSFloor),
		"RMP-CPL-002": fmt.Sprintf("none of %d ports serves a weak cipher suite", modern),
		"RMP-DAT-002": "every port of etcd speaks TLS",
		"RMP-NOD-002": "the kubelet answers plain HTTP on its loopback health port only",
		"RMP-NOD-010": "kube-proxy listens on loopback only",
	} {
		if !broken[control] {
			trial.Held(control, "%s", evidence)
		}
	}
	return trial.Control("every control-plane port was found, and one at least serves TLS 1.3", noneFound(modern))
}

func noneFound(modern int) error {
	if modern == 0 {
		return errors.New("no port serves TLS 1.3")
	}
	return nil
}

// startTime is how long a process that starts anew is given until its port is probed once more.
const startTime = 2 * time.Second

func probePorts(ctx context.Context, scope *verify.Scope) ([]*port, error) {
	ports, err := findPorts(ctx, scope)
	if err != nil {
		return nil, err
	}
	probe := func(p *port) error {
		p.failed = p.probe(ctx, scope.TLSFloor)
		return ctx.Err()
	}
	if err := inParallel(ports, probe); err != nil {
		return nil, err
	}
	if unanswered := failed(ports); len(unanswered) > 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(startTime):
		}
		if err := inParallel(unanswered, probe); err != nil {
			return nil, err
		}
	}
	again, err := findPorts(ctx, scope)
	if err != nil {
		return nil, err
	}
	ports = standing(ports, again)
	return ports, failures(ports)
}

func findPorts(ctx context.Context, scope *verify.Scope) ([]*port, error) {
	var ports []*port
	for _, node := range scope.Nodes() {
		listeners, err := node.Listeners(ctx)
		if err != nil {
			return nil, err
		}
		var found []string
		for _, listener := range listeners {
			found = append(found, listener.Port)
			address, err := netip.ParseAddr(listener.Address)
			ours := err == nil && slices.ContainsFunc(played, func(prefix netip.Prefix) bool { return prefix.Contains(address) })
			if !ours {
				ports = append(ports, &port{node: node, listener: listener})
			}
		}
		for _, wanted := range controlPlanePorts {
			if !slices.Contains(found, wanted) && (node.ControlPlane || wanted == "10250") {
				return nil, fmt.Errorf("nothing listens on port %s of node %s: the search for ports does not work", wanted, node.Name)
			}
		}
	}
	return ports, nil
}

// standing are the ports without those that nothing listens on any more after they were probed, and no process of the node did:
// one that is open for a moment, as the control experiment of another verification is, shows nothing of the cluster. What a
// process of the node had open stays with all that it answered: if it is closed now, it was not proven.
func standing(probed, again []*port) []*port {
	return slices.DeleteFunc(probed, func(p *port) bool {
		return p.listener.Process == "" && !slices.ContainsFunc(again, func(other *port) bool {
			// Who listens may have been seen in one of the lists only.
			return other.node == p.node && other.listener.Address == p.listener.Address && other.listener.Port == p.listener.Port
		})
	})
}

// failed are the ports that could not be probed.
func failed(ports []*port) []*port {
	var found []*port
	for _, p := range ports {
		if p.failed != nil {
			found = append(found, p)
		}
	}
	return found
}

func failures(ports []*port) error {
	var all []error
	for _, p := range failed(ports) {
		all = append(all, p.failed)
	}
	return errors.Join(all...)
}

// probe speaks to the port as no client should be able to.
func (p *port) probe(ctx context.Context, floor baseline.TLSVersion) error {
	dial := p.node.DialerTo(p.listener.Dialable(p.node))
	code, err := live.PlainHTTP(ctx, dial)
	if errors.Is(err, live.ErrSilent) {
		code, err = 0, nil // it waits for something else than HTTP
	}
	if err != nil {
		return fmt.Errorf("%s: plain HTTP: %w", p, err)
	}
	p.plain, p.old = code, nil
	if p.allowedPlain() {
		return nil
	}
	err = live.Handshake(ctx, dial, tls.VersionTLS13)
	if unreached(err) {
		return fmt.Errorf("%s: TLS 1.3: %w", p, err)
	}
	p.modern = err == nil
	old := []uint16{tls.VersionTLS10, tls.VersionTLS11}
	if floor == baseline.TLS13 {
		old = append(old, tls.VersionTLS12)
	}
	for _, version := range old {
		switch err := live.Handshake(ctx, dial, version); {
		case err == nil:
			p.old = append(p.old, tls.VersionName(version))
		case p.modern && !errors.Is(err, live.ErrVersionRefused):
			return fmt.Errorf("%s: %s: %w", p, tls.VersionName(version), err)
		}
	}
	err = live.HandshakeWeak(ctx, dial)
	if unreached(err) {
		return fmt.Errorf("%s: weak cipher suites: %w", p, err)
	}
	p.weak = err == nil
	return nil
}

// unreached says that nobody was asked: that is no refusal, and no lack of TLS.
func unreached(err error) bool {
	operation := &net.OpError{}
	return errors.As(err, &operation) && operation.Op == "dial"
}

// apiFromOutside asks the engine where the nodes' ports lead, and knocks at every other address of this machine.
func apiFromOutside(ctx context.Context, scope *verify.Scope, trial *verify.Trial) error {
	const control = "RMP-CPL-003"
	published := ""
	for _, node := range scope.Nodes() {
		for inside, bindings := range node.Ports {
			for _, binding := range bindings {
				if address := net.ParseIP(binding.HostIP); address == nil || !address.IsLoopback() {
					trial.Broken(control, "port %s of node %s is published on %q", inside, node.Name, binding.HostIP)
				} else if inside == "6443/tcp" {
					published = binding.HostPort
				}
			}
		}
	}
	dial := func(host string) error {
		connection, err := (&net.Dialer{Timeout: knockTimeout}).DialContext(ctx, "tcp", net.JoinHostPort(host, published))
		if err != nil {
			return err
		}
		return connection.Close()
	}
	if err := trial.Control("the API server's published port answers on loopback", dial("127.0.0.1")); err != nil {
		return err
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	knocked := 0
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || network.IP.IsLoopback() || network.IP.To4() == nil {
			continue
		}
		knocked++
		if dial(network.IP.String()) == nil {
			trial.Broken(control, "the API server answers on %s", net.JoinHostPort(network.IP.String(), published))
		}
	}
	trial.Held(control, "published on loopback port %s, silent on %s of this machine", published,
		number(knocked, "other address", "other addresses"))
	return nil
}

// knockTimeout is for one connection on this machine.
const knockTimeout = 5 * time.Second
