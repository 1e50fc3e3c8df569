package live

import (
	"net"
	"testing"
	"time"
)

// here is the network that this process is in already.
func here(f func() error) error { return f() }

func TestConnectionsAreToldApart(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	tcp, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tcp.Close() })
	silent, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for _, row := range []struct {
		protocol, target string
		want             Reach
	}{
		{"tcp", tcp.Addr().String(), Reached},
		{"tcp", "127.0.0.1:1", Refused},
		{"udp", "127.0.0.1:1", Refused},
		{"udp", silent.LocalAddr().String(), TimedOut},
	} {
		if got, err := connect(t.Context(), here, row.protocol, row.target); err != nil || got != row.want {
			t.Errorf("%s to %s: %q, %v, want %q", row.protocol, row.target, got, err, row.want)
		}
	}
}

// TestTheWayThereIsNoPartOfTheWait: whatever it takes to enter a network, a connection has its whole time.
func TestTheWayThereIsNoPartOfTheWait(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	slow := func(f func() error) error {
		time.Sleep(connectTimeout + beat)
		return f()
	}
	if got, err := connectOnce(t.Context(), slow, "tcp", listener.Addr().String()); err != nil || got != Reached {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAProcessKnowsWhetherItRan(t *testing.T) {
	t.Parallel()
	longest := watchClock()
	time.Sleep(4 * beat)
	if got := longest(); got >= connectTimeout/2 {
		t.Errorf("it ran, and was kept for %s from the clock", got)
	}
}
