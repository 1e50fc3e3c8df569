package stacks

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/providers/kind/hostnet"
)

// Host is what validation has to know about the machine that it runs on.
type Host struct {
	// Networks are the IPv4 ranges that the machine's interfaces are in, or that it has a route for by one. A pod or service range
	// that overlaps one would cut the nodes off from it.
	Networks []HostNetwork

	// Stack is the name of the stack that is to be made or changed. Empty: it is not known.
	Stack string

	// Clusters are those that this working folder holds the kubeconfigs of already.
	Clusters []StandingCluster

	// Images is what the road to the bits provides, nil if it has not been taken yet.
	Images *Images

	// Now is the moment that nothing may have expired at.
	Now time.Time

	// Standing says that nothing is made or changed by the configuration, which a stack that stands was made by. What has ended
	// since, a waiver or a grant, is no fault then.
	Standing bool
}

// HostNetwork is one IPv4 range of one interface.
type HostNetwork struct {
	Interface string
	Range     netip.Prefix
}

// HostNetworks returns the IPv4 ranges of this machine's interfaces that are up, and those that it has routes for. They are read,
// not probed.
func HostNetworks() ([]HostNetwork, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("listing the network interfaces of this machine: %w", err)
	}
	var networks []HostNetwork
	for _, each := range interfaces {
		if each.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := each.Addrs()
		if err != nil {
			return nil, fmt.Errorf("listing the addresses of interface %s: %w", each.Name, err)
		}
		for _, address := range addresses {
			prefix, err := netip.ParsePrefix(address.String())
			if err == nil && prefix.Addr().Is4() {
				networks = append(networks, HostNetwork{Interface: each.Name, Range: prefix.Masked()})
			}
		}
	}
	routes := hostnet.Routes()
	for _, link := range slices.Sorted(maps.Keys(routes)) {
		for _, route := range routes[link] {
			if known := (HostNetwork{Interface: link, Range: route}); !slices.Contains(networks, known) {
				networks = append(networks, known)
			}
		}
	}
	return networks, nil
}
