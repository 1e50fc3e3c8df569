package full

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// TestTLS12AsTheFloor makes a cluster for clients that cannot do better than TLS 1.2: they are served with strong suites, and
// nothing weaker is.
//
//nolint:paralleltest // one cluster at a time
func TestTLS12AsTheFloor(t *testing.T) {
	s := newStack(t, map[string]any{"tlsMinVersion": "1.2"})
	node := s.ControlPlane()
	listeners, err := node.Listeners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	member := etcdMember(t, node)
	// etcd's two ports, the API server, the kubelet, the controller manager and the scheduler.
	for _, port := range []string{"2379", "2380", "6443", "10250", "10257", "10259"} {
		found := 0
		for _, listener := range listeners {
			if listener.Port != port {
				continue
			}
			found++
			client := tlsClient{dial: node.DialerTo(listener.Dialable(node))}
			if listener.Process == "etcd" {
				client.certificates = member
			}
			t.Run(listener.String(), func(t *testing.T) { servesStrongTLSOnly(t, client) })
		}
		if found == 0 {
			t.Errorf("control: nothing listens on port %s", port)
		}
	}
	s.holds(t)
}

// etcdMember is who etcd lets in. Before TLS 1.3 the client's certificate is a part of the handshake, and who has none is sent
// away with the same alert as one who has no suite in common: only somebody with a certificate can tell why.
func etcdMember(t *testing.T, node *framework.Node) []tls.Certificate {
	t.Helper()
	var parts [2][]byte
	for i, file := range []string{"peer.crt", "peer.key"} {
		text, err := node.Exec(t.Context(), "cat", "/etc/kubernetes/pki/etcd/"+file)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = []byte(text)
	}
	certificate, err := tls.X509KeyPair(parts[0], parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{certificate}
}

// tlsClient speaks to one port.
type tlsClient struct {
	dial         live.Dialer
	certificates []tls.Certificate
}

// handshake speaks exactly one version, and none but the given suites if there are any.
func (c tlsClient) handshake(ctx context.Context, version uint16, suites ...uint16) error {
	connection, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	return tls.Client(connection, &tls.Config{
		MinVersion: version, MaxVersion: version, CipherSuites: suites, Certificates: c.certificates,
		InsecureSkipVerify: true, // which version is spoken is the question, not by whom
	}).HandshakeContext(ctx)
}

func servesStrongTLSOnly(t *testing.T, client tlsClient) {
	t.Helper()
	ctx := t.Context()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if err := client.handshake(ctx, version); err != nil {
			t.Errorf("control: a %s client is not served: %v", tls.VersionName(version), err)
		}
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if err := client.handshake(ctx, version); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("a %s client gets: %v, want an alert about the version", tls.VersionName(version), err)
		}
	}
	strong := map[uint16]bool{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: true,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: true, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: true,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: true, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: true,
	}
	served := 0
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if suite.SupportedVersions[0] > tls.VersionTLS12 {
			continue
		}
		err := client.handshake(ctx, tls.VersionTLS12, suite.ID)
		switch {
		case err == nil && !strong[suite.ID]:
			t.Errorf("a client that knows nothing but %s is served", suite.Name)
		case err == nil:
			served++
		case !strings.Contains(err.Error(), "handshake failure"):
			t.Errorf("a client that knows nothing but %s gets: %v, want an alert", suite.Name, err)
		}
	}
	// The server's key is RSA or ECDSA, and has half of the strong suites.
	if served < 3 {
		t.Errorf("control: only %d of the strong suites are served", served)
	}
}
