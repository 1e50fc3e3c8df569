package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/verify/live"
)

// plainListeners are the listeners that need not speak TLS 1.3, each with the reason. All are reachable from the node
// itself only.
var plainListeners = []struct{ process, port, reason string }{
	{"kubelet", "10248", "the kubelet's health: the word ok"},
	{"kube-proxy", "10249", "kube-proxy's metrics, read by the node's administrator"},
	{"kube-proxy", "10256", "kube-proxy's health: one word"},
	{"containerd", "", "the kubelet's own stream into containers, behind the kubelet's authentication"},
	{"calico-node", "9099", "Felix's health: one word"},
	{"calico-node", "9098", "Felix's health through the node's other probes: one word"},
}

// engineNameServer is the container engine's, for the node. Its process is none of the node's, and has no name there.
const engineNameServer = "127.0.0.11"

// controlPlanePorts must be found on a control-plane node: a search that found fewer would prove less than it says.
var controlPlanePorts = []string{"2379", "2380", "6443", "10250", "10257", "10259"}

// TestEveryPortSpeaksTLS13Only finds every TCP port that anything listens on, on every node, and refuses to accept one
// that serves plain HTTP or TLS 1.2 unless it is known why.
//
//nolint:paralleltest // other tests open ports on the nodes: this one runs before them
func TestEveryPortSpeaksTLS13Only(t *testing.T) {
	// At once: whoever stopped the control plane, as the restore before this did, has waited for all of it.
	if err := controlPlaneListens(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, node := range cluster.Nodes() {
		listeners, err := node.Listeners(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, listener := range listeners {
			found = append(found, listener.Port)
			if isKnownPlain(listener) {
				continue
			}
			t.Run(node.Name+" "+listener.String(), func(t *testing.T) {
				speaksTLS13Only(t, node.DialerTo(listener.Dialable(node)))
			})
		}
		if !slices.Contains(found, "10250") {
			t.Errorf("node %s: no kubelet among %v", node.Name, listeners)
		}
	}
}

// controlPlaneListens wants every port of the control plane to be open.
func controlPlaneListens(ctx context.Context) error {
	node := cluster.ControlPlane()
	listeners, err := node.Listeners(ctx)
	if err != nil {
		return err
	}
	for _, port := range controlPlanePorts {
		if !slices.ContainsFunc(listeners, func(l live.Listener) bool { return l.Port == port }) {
			return fmt.Errorf("node %s: nothing listens on %s: %v", node.Name, port, listeners)
		}
	}
	return nil
}

func isKnownPlain(listener live.Listener) bool {
	if listener.Process == "" {
		return listener.Address == engineNameServer
	}
	for _, known := range plainListeners {
		if listener.Process == known.process && (known.port == "" || listener.Port == known.port) {
			return listener.Loopback()
		}
	}
	return false
}

func speaksTLS13Only(t *testing.T, dial live.Dialer) {
	t.Helper()
	if err := live.Handshake(t.Context(), dial, tls.VersionTLS13); err != nil {
		t.Errorf("control: a TLS 1.3 client is not served: %v", err)
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		if err := live.Handshake(t.Context(), dial, version); !errors.Is(err, live.ErrVersionRefused) {
			t.Errorf("a %s client gets: %v, want %v", tls.VersionName(version), err, live.ErrVersionRefused)
		}
	}
	code, err := live.PlainHTTP(t.Context(), dial)
	if err != nil {
		t.Errorf("plain HTTP: %v", err)
	}
	// Go's servers answer 400 to a client that forgot TLS; that is a refusal.
	if code != 0 && code != http.StatusBadRequest {
		t.Errorf("plain HTTP is served with status %d", code)
	}
}

// TestAPIServerIsOnLoopbackOnly asks the engine, and then knocks at this machine's other addresses.
func TestAPIServerIsOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	published := ""
	for _, node := range cluster.Nodes() {
		for port, bindings := range node.Ports {
			for _, binding := range bindings {
				if binding.HostIP != "127.0.0.1" {
					t.Errorf("node %s: port %s is published on %q, want 127.0.0.1", node.Name, port, binding.HostIP)
				}
				if port != "6443/tcp" {
					t.Errorf("node %s: port %s is published, and only the API server should be", node.Name, port)
					continue
				}
				published = binding.HostPort
			}
		}
	}
	dial := func(host string) error {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", net.JoinHostPort(host, published))
		if err != nil {
			return err
		}
		return connection.Close()
	}
	if err := dial("127.0.0.1"); err != nil {
		t.Fatalf("control: the published port does not answer: %v", err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || network.IP.IsLoopback() || network.IP.To4() == nil {
			continue
		}
		if err := dial(network.IP.String()); err == nil {
			t.Errorf("the API server answers on %s", fmt.Sprintf("%s:%s", network.IP, published))
		}
	}
}
