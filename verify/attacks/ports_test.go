package attacks

import (
	"errors"
	"testing"

	"github.com/rampart-iac/rampart/verify/live"
)

// TestPortsOfAMomentShowNothing: a port that is closed again when it was probed does not keep the others from being shown, unless
// it is one of the control plane's.
func TestPortsOfAMomentShowNothing(t *testing.T) {
	t.Parallel()
	one, other := &live.Node{Name: "one"}, &live.Node{Name: "other"}
	refused := errors.New("connection refused")
	kubelet := live.Listener{Address: "::", Port: "10250", Process: "kubelet"}
	moment := live.Listener{Address: "10.89.0.2", Port: "37921"}
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
