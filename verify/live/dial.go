package live

import (
	"context"
	"net"
)

// Dialer opens a connection to a fixed address.
type Dialer func(context.Context) (net.Conn, error)

// DialerTo dials an address from the node.
func (n *Node) DialerTo(address string) Dialer {
	return func(ctx context.Context) (net.Conn, error) { return n.Dial(ctx, address) }
}

// Dial connects from the node to an address.
func (n *Node) Dial(ctx context.Context, address string) (connection net.Conn, err error) {
	entered := n.InNetwork(func() error {
		connection, err = (&net.Dialer{}).DialContext(ctx, "tcp", address)
		return nil
	})
	if entered != nil {
		return nil, entered
	}
	return connection, err
}
