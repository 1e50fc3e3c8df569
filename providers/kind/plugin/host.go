package plugin

import (
	"net"
	"net/netip"
	"strconv"

	"github.com/rampart-iac/rampart/providers/kind/hostnet"
)

// realHost is the machine that the plugin runs on.
type realHost struct{}

func (realHost) networks() map[string][]netip.Prefix {
	found := hostnet.Routes()
	if found == nil {
		found = map[string][]netip.Prefix{}
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return found
	}
	for _, link := range interfaces {
		addresses, err := link.Addrs()
		if err != nil {
			continue
		}
		for _, address := range addresses {
			prefix, err := netip.ParsePrefix(address.String())
			// A host address on loopback (as for a listener of somebody's) is nothing that pods could be confused with.
			if err != nil || !prefix.Addr().Is4() || (link.Flags&net.FlagLoopback != 0 && prefix.IsSingleIP()) {
				continue
			}
			found[link.Name] = append(found[link.Name], prefix.Masked())
		}
	}
	return found
}

func (realHost) portError(port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(localAddress, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return listener.Close()
}
