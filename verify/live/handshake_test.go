package live

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestTLSProbesTellTheDifference: against servers that are too permissive, the probes must say so.
func TestTLSProbesTellTheDifference(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	old := httptest.NewUnstartedServer(handler)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}
	old.StartTLS()
	t.Cleanup(old.Close)
	to := func(address net.Addr) Dialer {
		return func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address.String())
		}
	}

	if code, err := PlainHTTP(t.Context(), to(plain.Listener.Addr())); err != nil || code != http.StatusOK {
		t.Errorf("a plain server: status %d, error %v", code, err)
	}
	if err := Handshake(t.Context(), to(old.Listener.Addr()), tls.VersionTLS12); err != nil {
		t.Errorf("a TLS 1.2 server: %v", err)
	}
	if err := Handshake(t.Context(), to(old.Listener.Addr()), tls.VersionTLS13); !errors.Is(err, ErrVersionRefused) {
		t.Errorf("a TLS 1.2 server asked for 1.3: %v", err)
	}
}

// TestServersThatWantACertificateAreProbedAsWell: up to TLS 1.2 they hang up within the handshake. They have agreed to the
// version and the suite by then.
func TestServersThatWantACertificateAreProbedAsWell(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		says    string
		suites  []uint16
		isWeak  bool
		highest uint16
	}{
		{"a strong suite", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, false, tls.VersionTLS13},
		{"a weak suite", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, true, tls.VersionTLS12},
	} {
		t.Run(test.says, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{
				MinVersion: tls.VersionTLS12, MaxVersion: test.highest, CipherSuites: test.suites,
				ClientAuth: tls.RequireAndVerifyClientCert,
			}
			server.StartTLS()
			t.Cleanup(server.Close)
			dial := func(ctx context.Context) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
			}
			if err := Handshake(t.Context(), dial, tls.VersionTLS12); err != nil {
				t.Errorf("TLS 1.2: %v", err)
			}
			if err := Handshake(t.Context(), dial, tls.VersionTLS11); !errors.Is(err, ErrVersionRefused) {
				t.Errorf("TLS 1.1: %v", err)
			}
			if err := HandshakeWeak(t.Context(), dial); (err == nil) != test.isWeak {
				t.Errorf("a weak suite: %v", err)
			}
		})
	}
}

// TestModernServerPassesTheProbes is the other side: a server as it should be.
func TestModernServerPassesTheProbes(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	dial := func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}

	if err := Handshake(t.Context(), dial, tls.VersionTLS13); err != nil {
		t.Errorf("TLS 1.3: %v", err)
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		if err := Handshake(t.Context(), dial, version); !errors.Is(err, ErrVersionRefused) {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	if code, err := PlainHTTP(t.Context(), dial); err != nil || code != http.StatusBadRequest {
		t.Errorf("plain HTTP: status %d, error %v", code, err)
	}
}
