package attacks

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rampart-iac/rampart/verify/live"
)

// TestNobodyThereIsNoAnswer: a port that refuses the connection has not refused TLS.
func TestNobodyThereIsNoAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	speaks := httptest.NewServer(http.NotFoundHandler())
	defer speaks.Close()
	for address, want := range map[string]bool{silent: true, speaks.Listener.Addr().String(): false} {
		err := live.Handshake(t.Context(), func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}, tls.VersionTLS13)
		if err == nil || unreached(err) != want {
			t.Errorf("%s, want one that nobody heard: %t", err, want)
		}
	}
}

// TestPlainNeighbours: what may speak plainly is known by its process, and the engine's name server by its address.
func TestPlainNeighbours(t *testing.T) {
	t.Parallel()
	for listener, want := range map[live.Listener]bool{
		{Address: "127.0.0.1", Port: "10248", Process: "kubelet"}: true,
		{Address: "0.0.0.0", Port: "10248", Process: "kubelet"}:   false,
		{Address: "127.0.0.11", Port: "40123"}:                    true,
		{Address: "127.0.0.1", Port: "2379"}:                      false,
		{Address: "127.0.0.1", Port: "10257"}:                     false,
	} {
		if got := (&port{listener: listener}).allowedPlain(); got != want {
			t.Errorf("%s may speak plainly: %t, want %t", listener, got, want)
		}
	}
}

// TestPortsOfAMomentShowNothing: a port that is closed again when it was probed does not keep the others from being shown, unless
// a process of the node had it.
func TestPortsOfAMomentShowNothing(t *testing.T) {
	t.Parallel()
	one, other := &live.Node{Name: "one"}, &live.Node{Name: "other"}
	refused := errors.New("connection refused")
	kubelet := live.Listener{Address: "::", Port: "10250", Process: "kubelet"}
	moment := live.Listener{Address: "10.89.0.2", Port: "37921"}
	nameless := kubelet
	nameless.Process = ""
	for _, row := range []struct {
		says   string
		probed *port
		again  []*port
		fails  bool
	}{
		{"stands and answers", &port{node: one, listener: moment}, []*port{{node: one, listener: moment}}, false},
		{"stands and does not answer", &port{node: one, listener: moment, failed: refused}, []*port{{node: one, listener: moment}}, true},
		{"is gone", &port{node: one, listener: moment, failed: refused}, nil, false},
		{"is gone, and stands on another node", &port{node: one, listener: moment, failed: refused}, []*port{{node: other, listener: moment}}, false},
		{"is the kubelet's, and gone", &port{node: one, listener: kubelet, failed: refused}, nil, true},
		{"is open, and somebody's by now", &port{node: one, listener: nameless, failed: refused}, []*port{{node: one, listener: kubelet}}, true},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			answers := &port{node: other, listener: kubelet}
			left := standing([]*port{answers, row.probed}, append(row.again, answers))
			if err := failures(left); (err != nil) != row.fails {
				t.Errorf("error %v, want one: %t", err, row.fails)
			}
			if left[0] != answers {
				t.Errorf("the kubelet of the other node is left out")
			}
		})
	}
}
