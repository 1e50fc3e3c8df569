package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Outside plays a place beyond the cluster: an address that each node carries on its own loopback, with a listener of
// the test behind it. Every packet to it ends on the node that it starts from, so that none ever leaves the machine,
// and the listener knows who called.
type Outside struct {
	Address string

	mutex   sync.Mutex
	callers []caller
	undo    []undo
}

// undo takes one thing away again.
type undo struct {
	what string
	do   func(context.Context) error
}

// closing closes a socket, which needs no time.
func closing(what string, socket io.Closer) undo {
	return undo{what, func(context.Context) error { return socket.Close() }}
}

// caller is whom a packet came from.
type caller struct{ protocol, address string }

// OutsidePort is the TCP and UDP port that an Outside always listens on.
const OutsidePort = "80"

// outsideDeadline is how long one waits for another to stop playing the same address: for a few runs on a busy machine.
const outsideDeadline = 100 * time.Second

// closeDeadline is for taking an address off all nodes.
const closeDeadline = 30 * time.Second

// PlayOutside makes an address exist on every node, with a listener on OutsidePort and on the other ports. There is one
// player at a time for an address; others wait for their turn.
func (c *Cluster) PlayOutside(ctx context.Context, address string, ports ...string) (*Outside, error) {
	outside := &Outside{Address: address}
	if err := outside.takeTurn(ctx, c.ControlPlane()); err != nil {
		return nil, fmt.Errorf("playing %s: %w", address, err)
	}
	for _, node := range c.nodes {
		if err := outside.on(ctx, node, append([]string{OutsidePort}, ports...)); err != nil {
			return nil, errors.Join(fmt.Errorf("playing %s on node %s: %w", address, node.Name, err), outside.Close())
		}
	}
	return outside, nil
}

// takeTurn holds an abstract socket in the network of a node. The kernel takes it away from whoever dies with it.
func (o *Outside) takeTurn(ctx context.Context, node *Node) error {
	return Poll(ctx, "others to stop playing "+o.Address, outsideDeadline, func(context.Context) error {
		return node.InNetwork(func() error {
			turn, err := net.Listen("unix", "@rampart-outside-"+o.Address)
			if err == nil {
				o.undo = append(o.undo, closing("the turn", turn))
			}
			return err
		})
	})
}

func (o *Outside) on(ctx context.Context, node *Node, ports []string) error {
	// Said before it is done, and done to its end: of a command that is cut short nobody knows whether the node runs it yet.
	o.undo = append(o.undo, undo{"address " + o.Address + " on node " + node.Name, func(ctx context.Context) error {
		// Unlike deleting, this is no fault the second time.
		_, err := node.Exec(ctx, "ip", "address", "flush", "dev", "lo", "to", o.Address+"/32")
		return err
	}})
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeDeadline)
	defer cancel()
	if _, err := node.Exec(whole, "ip", "address", "replace", o.Address+"/32", "dev", "lo"); err != nil {
		return err
	}
	route, err := node.Exec(ctx, "ip", "route", "get", o.Address)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(route, "local ") {
		return fmt.Errorf("the address is not the node's own: packets to it would leave the machine: %s", route)
	}
	return node.InNetwork(func() error {
		for _, port := range ports {
			listener, err := net.Listen("tcp", net.JoinHostPort(o.Address, port))
			if err != nil {
				return err
			}
			o.undo = append(o.undo, closing("the listener", listener))
			packets, err := net.ListenPacket("udp", net.JoinHostPort(o.Address, port))
			if err != nil {
				return err
			}
			o.undo = append(o.undo, closing("the socket", packets))
			go o.accept(listener)
			go o.answer(packets)
		}
		return nil
	})
}

func (o *Outside) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return // closed
		}
		o.called(connection.RemoteAddr())
		_ = connection.Close()
	}
}

func (o *Outside) answer(packets net.PacketConn) {
	buffer := make([]byte, 1500)
	for {
		_, from, err := packets.ReadFrom(buffer)
		if err != nil {
			return // closed
		}
		o.called(from)
		_, _ = packets.WriteTo([]byte("here\n"), from)
	}
}

func (o *Outside) called(from net.Addr) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	host, _, _ := net.SplitHostPort(from.String())
	o.callers = append(o.callers, caller{from.Network(), host})
}

// HeardFrom says whether anything came from an IP address, whatever became of the answer.
func (o *Outside) HeardFrom(address string) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.ContainsFunc(o.callers, func(heard caller) bool { return heard.address == address })
}

// HeardOver says the same of one protocol, tcp or udp.
func (o *Outside) HeardOver(protocol, address string) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Contains(o.callers, caller{protocol, address})
}

// Callers returns the IP addresses that anything came from, in order, each once.
func (o *Outside) Callers() []string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	addresses := make([]string, 0, len(o.callers))
	for _, heard := range o.callers {
		addresses = append(addresses, heard.address)
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// Close takes the address off the nodes again, in a limited time, whatever ended what it was played for. What is left then,
// the error names; calling it again tries that again.
func (o *Outside) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeDeadline)
	defer cancel()
	return o.close(ctx)
}

func (o *Outside) close(ctx context.Context) error {
	var failed error
	var left []undo
	for _, each := range slices.Backward(o.undo) {
		if err := each.do(ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("left: %s: %w", each.what, err))
			left = append(left, each)
		}
	}
	slices.Reverse(left)
	o.undo = left
	return failed
}
