package framework

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Listener is a TCP port that something on a node listens on.
type Listener struct {
	// Address is an IP address without a zone; 0.0.0.0 or :: for all.
	Address, Port string
	// Process is its name, empty if the node's tools do not see it.
	Process string
}

// Loopback says that only the node itself reaches the listener.
func (l Listener) Loopback() bool {
	ip := net.ParseIP(l.Address)
	return ip != nil && ip.IsLoopback()
}

func (l Listener) String() string {
	return fmt.Sprintf("%s (%s)", net.JoinHostPort(l.Address, l.Port), l.Process)
}

var listenerProcess = regexp.MustCompile(`users:\(\("([^"]+)"`)

// Listeners finds every listening TCP port of the node.
func (n *Node) Listeners(ctx context.Context) ([]Listener, error) {
	output, err := n.Exec(ctx, "ss", "--listening", "--tcp", "--numeric", "--processes", "--no-header")
	if err != nil {
		return nil, err
	}
	listeners, err := parseListeners(output)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", n.Name, err)
	}
	return listeners, nil
}

func parseListeners(output string) ([]Listener, error) {
	var found []Listener
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			return nil, fmt.Errorf("cannot read this line of ss: %q", line)
		}
		host, port, err := net.SplitHostPort(fields[3])
		if err != nil {
			return nil, fmt.Errorf("cannot read the address in this line of ss: %q", line)
		}
		if host == "*" {
			host = "::" // all addresses of both families
		}
		host, _, _ = strings.Cut(host, "%")
		listener := Listener{Address: host, Port: port}
		if match := listenerProcess.FindStringSubmatch(line); match != nil {
			listener.Process = match[1]
		}
		found = append(found, listener)
	}
	return found, nil
}

// Dialable is an address at which the node itself reaches the listener.
func (l Listener) Dialable(node *Node) string {
	host := l.Address
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = node.Address
	}
	return net.JoinHostPort(host, l.Port)
}

// probeTimeout is for one handshake or one HTTP answer.
const probeTimeout = 10 * time.Second

// Dialer opens a connection to a fixed address.
type Dialer func(context.Context) (net.Conn, error)

// DialerTo dials an address from the node.
func (n *Node) DialerTo(address string) Dialer {
	return func(ctx context.Context) (net.Conn, error) { return n.Dial(ctx, address) }
}

// ErrVersionRefused says that the server refused the client's TLS version, in as many words.
var ErrVersionRefused = errors.New("server refuses the TLS version")

// Handshake tries TLS with exactly one version. A server that completes it and then asks for a certificate has served
// that version.
func Handshake(ctx context.Context, dial Dialer, version uint16) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	connection, err := dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	client := tls.Client(connection, &tls.Config{
		MinVersion: version, MaxVersion: version,
		InsecureSkipVerify: true, //nolint:gosec // which version is spoken is the question, not by whom
	})
	err = client.HandshakeContext(ctx)
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
			return 0, fmt.Errorf("neither an answer nor an end within %s", probeTimeout)
		}
		return 0, nil
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(answer))), nil)
	if err != nil {
		return 0, nil // a TLS alert is not HTTP: the server did not serve it
	}
	return response.StatusCode, response.Body.Close()
}
