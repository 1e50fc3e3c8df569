package full

import (
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"github.com/rampart-iac/rampart/verify/live"
)

// TestTLS12AsTheFloor makes a cluster for clients that cannot do better than TLS 1.2: they are served with strong suites, and
// nothing weaker is.
//
//nolint:paralleltest // one cluster at a time
func TestTLS12AsTheFloor(t *testing.T) {
	s := newStack(t, map[string]any{"tlsMinVersion": "1.2"})
	// etcd's two ports, the API server, the kubelet, the controller manager and the scheduler.
	for _, port := range []string{"2379", "2380", "6443", "10250", "10257", "10259"} {
		node := s.ControlPlane()
		listeners, err := node.Listeners(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, listener := range listeners {
			if listener.Port == port {
				found++
				t.Run(listener.String(), func(t *testing.T) { servesStrongTLSOnly(t, node.DialerTo(listener.Dialable(node))) })
			}
		}
		if found == 0 {
			t.Errorf("control: nothing listens on port %s", port)
		}
	}
	s.holds(t)
}

func servesStrongTLSOnly(t *testing.T, dial live.Dialer) {
	t.Helper()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if err := live.Handshake(t.Context(), dial, version); err != nil {
			t.Errorf("control: a %s client is not served: %v", tls.VersionName(version), err)
		}
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if err := live.Handshake(t.Context(), dial, version); !errors.Is(err, live.ErrVersionRefused) {
			t.Errorf("a %s client gets: %v, want %v", tls.VersionName(version), err, live.ErrVersionRefused)
		}
	}
	// The server hangs up or says that there is no suite in common: an alert, not a network that is shut.
	refused := net.Error(nil)
	if err := live.HandshakeWeak(t.Context(), dial); err == nil || (errors.As(err, &refused) && refused.Timeout()) {
		t.Errorf("a TLS 1.2 client with weak suites only gets: %v", err)
	}
}
