package live

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// probeTimeout is for one handshake or one HTTP answer.
const probeTimeout = 10 * time.Second

// ErrVersionRefused says that the server refused the client's TLS version, in as many words.
var ErrVersionRefused = errors.New("server refuses the TLS version")

// ErrSilent says that a server neither answered nor hung up.
var ErrSilent = errors.New("neither an answer nor an end")

// Handshake tries TLS with exactly one version. A server that shows its own certificate has served that version, even if it
// then hangs up on a client without one: up to 1.2 it does so within the handshake, with 1.3 after it.
func Handshake(ctx context.Context, dial Dialer, version uint16) error {
	return handshake(ctx, dial, version, nil)
}

// HandshakeWeak tries TLS 1.2 with nothing but cipher suites that lack forward secrecy or authenticated encryption.
func HandshakeWeak(ctx context.Context, dial Dialer) error {
	var weak []uint16
	for _, suite := range tls.InsecureCipherSuites() {
		weak = append(weak, suite.ID)
	}
	for _, suite := range tls.CipherSuites() {
		if strings.Contains(suite.Name, "_CBC_") || strings.HasPrefix(suite.Name, "TLS_RSA_") {
			weak = append(weak, suite.ID)
		}
	}
	return handshake(ctx, dial, tls.VersionTLS12, weak)
}

func handshake(ctx context.Context, dial Dialer, version uint16, suites []uint16) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	connection, err := dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	served := false
	client := tls.Client(connection, &tls.Config{
		MinVersion: version, MaxVersion: version, CipherSuites: suites,
		InsecureSkipVerify: true, //nolint:gosec // which version is spoken is the question, not by whom
		VerifyConnection: func(tls.ConnectionState) error {
			served = true
			return nil
		},
	})
	err = client.HandshakeContext(ctx)
	if served {
		return nil
	}
	// Both the server's alert and a server that answers with another version name the protocol version.
	if err != nil && strings.Contains(err.Error(), "protocol version") {
		return fmt.Errorf("%w: %w", ErrVersionRefused, err)
	}
	return err
}

// PlainHTTP asks over plain HTTP and returns the answer's status code, or 0 if the server hung up instead of answering.
func PlainHTTP(ctx context.Context, dial Dialer) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	connection, err := dial(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = connection.Close() }()
	if err := connection.SetDeadline(time.Now().Add(probeTimeout)); err != nil {
		return 0, err
	}
	const question = "GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	if _, err := io.WriteString(connection, question); err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(connection)
	if len(answer) == 0 {
		timeout := net.Error(nil)
		if errors.As(err, &timeout) && timeout.Timeout() {
			return 0, fmt.Errorf("%w within %s", ErrSilent, probeTimeout)
		}
		return 0, nil
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(answer))), nil)
	if err != nil {
		return 0, nil // a TLS alert is not HTTP: the server did not serve it
	}
	return response.StatusCode, response.Body.Close()
}
