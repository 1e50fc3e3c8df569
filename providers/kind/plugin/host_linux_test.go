package plugin

import (
	"net"
	"net/netip"
	"reflect"
	"testing"
)

func TestParseRoutes(t *testing.T) {
	t.Parallel()
	// A default route, a LAN and a host, as a little-endian machine prints them.
	table := "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
		"eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
		"eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
		"wg0\t0100000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
	want := map[string][]netip.Prefix{
		"eth0": {netip.MustParsePrefix("192.168.1.0/24")},
		"wg0":  {netip.MustParsePrefix("10.0.0.1/32")},
	}
	if got := parseRoutes(table); !reflect.DeepEqual(got, want) {
		t.Errorf("routes = %v, want %v", got, want)
	}
}

func TestConnectionPorts(t *testing.T) {
	t.Parallel()
	// A connection of this process has one of them.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	port := connection.LocalAddr().(*net.TCPAddr).Port
	if found := connectionPorts(); !found.contains(port) {
		t.Errorf("%v does not contain port %d, which a connection got", found, port)
	}
}
