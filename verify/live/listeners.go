package live

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
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
