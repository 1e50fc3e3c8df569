package hostnet

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestParseRoutes(t *testing.T) {
	t.Parallel()
	// A default route, a LAN, a VPN with two halves of the default route and a range of its own, and a host, as a little-endian machine prints them.
	table := "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
		"eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
		"eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
		"tun0\t00000000\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n" +
		"tun0\t00000080\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n" +
		"tun0\t0000000A\t0100000A\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n" +
		"wg0\t0100000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
	want := map[string][]netip.Prefix{
		"eth0": {netip.MustParsePrefix("192.168.1.0/24")},
		"tun0": {netip.MustParsePrefix("10.0.0.0/8")},
		"wg0":  {netip.MustParsePrefix("10.0.0.1/32")},
	}
	if got := parseRoutes(table); !reflect.DeepEqual(got, want) {
		t.Errorf("routes = %v, want %v", got, want)
	}
}
