package plugin

import (
	"reflect"
	"slices"
	"testing"
)

// natOfTwo is what iptables 1.8 lists of netavark 1.4 for the networks probe-t1, made twice with another range each, and another one.
const natOfTwo = `-P PREROUTING ACCEPT
-N NETAVARK-6C7C87A7671B7
-N NETAVARK-25627390FA06D
-N NETAVARK-DN-6C7C87A7671B7
-N NETAVARK-HOSTPORT-DNAT
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -j NETAVARK-HOSTPORT-MASQ
-A POSTROUTING -s 10.89.1.0/24 -j NETAVARK-25627390FA06D
-A POSTROUTING -s 10.89.0.0/24 -j NETAVARK-6C7C87A7671B7
-A POSTROUTING -s 10.89.7.0/24 -j NETAVARK-6C7C87A7671B7
-A NETAVARK-6C7C87A7671B7 -d 10.89.0.0/24 -j ACCEPT
-A NETAVARK-DN-6C7C87A7671B7 -d 127.0.0.1/32 -p tcp -m tcp --dport 25555 -j DNAT --to-destination 10.89.0.2:80
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 25555 -m comment --comment "dnat name: probe-t1 id: 52cd" -j NETAVARK-DN-6C7C87A7671B7
`

func TestRulesOfANetworkAreTold(t *testing.T) {
	t.Parallel()
	found := natRules(natOfTwo, chainsOf("probe-t1"))
	want := foundRules{
		rules: [][]string{
			{"POSTROUTING", "-s", "10.89.0.0/24", "-j", "NETAVARK-6C7C87A7671B7"},
			{"POSTROUTING", "-s", "10.89.7.0/24", "-j", "NETAVARK-6C7C87A7671B7"},
			{
				"NETAVARK-HOSTPORT-DNAT", "-p", "tcp", "-m", "tcp", "--dport", "25555", "-m", "comment", "--comment",
				"dnat name: probe-t1 id: 52cd", "-j", "NETAVARK-DN-6C7C87A7671B7",
			},
		},
		chains: []string{"NETAVARK-6C7C87A7671B7", "NETAVARK-DN-6C7C87A7671B7"},
		ranges: []string{"10.89.0.0/24", "10.89.7.0/24"},
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("%q\nwant %q", found, want)
	}
	if found := natRules(natOfTwo, chainsOf("probe-t")); len(found.rules)+len(found.chains) > 0 {
		t.Errorf("of a network that is not there: %q", found)
	}
}

func TestSharedRulesAreToldByTheirRange(t *testing.T) {
	t.Parallel()
	const list = `-P FORWARD ACCEPT
-N NETAVARK_FORWARD
-A FORWARD -m comment --comment "netavark firewall plugin rules" -j NETAVARK_FORWARD
-A FORWARD -s 10.89.1.0/24 -j ACCEPT
-A NETAVARK_FORWARD -d 10.89.1.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s 10.89.1.0/24 -j ACCEPT
-A NETAVARK_FORWARD -s 10.89.11.0/24 -j ACCEPT
`
	want := [][]string{
		{"NETAVARK_FORWARD", "-d", "10.89.1.0/24", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"},
		{"NETAVARK_FORWARD", "-s", "10.89.1.0/24", "-j", "ACCEPT"},
	}
	if got := sharedRules(list, []string{"10.89.1.0/24"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if got := sharedRules(list, []string{""}); len(got) > 0 {
		t.Errorf("for no range: %q", got)
	}
}

func TestCablesNameEachOther(t *testing.T) {
	t.Parallel()
	ends := []link{{Index: 459, Peer: 2}, {Index: 460, Peer: 2}}
	cables := []link{{Index: 2, Peer: 459}, {Index: 3, Peer: 460}}
	got := slices.DeleteFunc(ends, func(end link) bool { return joined(end, cables) })
	if want := []link{{Index: 460, Peer: 2}}; !slices.Equal(got, want) {
		t.Errorf("left: %v, want %v: a number is of a namespace", got, want)
	}
}
