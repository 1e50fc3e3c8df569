package plugin

import (
	"net/netip"
	"slices"
)

func (c *clusterCheck) subnets(pods, services string, hostNetworks func() map[string][]netip.Prefix) {
	podSubnet, podOK := c.subnet("podSubnet", pods)
	serviceSubnet, serviceOK := c.subnet("serviceSubnet", services)
	if podOK && serviceOK && podSubnet.Overlaps(serviceSubnet) {
		c.fail("podSubnet", "%s overlaps serviceSubnet %s: an address must be a pod's or a service's", pods, services)
	}
	if podOK {
		c.apartFromHost("podSubnet", podSubnet, hostNetworks)
	}
	if serviceOK {
		c.apartFromHost("serviceSubnet", serviceSubnet, hostNetworks)
	}
}

// apartFromHost fails for a new range that overlaps one that the host itself reaches.
func (c *clusterCheck) apartFromHost(name string, subnet netip.Prefix, hostNetworks func() map[string][]netip.Prefix) {
	if c.old.Get(name).Equals(c.inputs.Get(name)) {
		return
	}
	found := hostNetworks()
	for _, link := range sortedKeys(found) {
		for _, network := range slices.Compact(found[link]) {
			if subnet.Overlaps(network) {
				c.fail(name, "%s overlaps %s, which this host reaches by %s: choose another range", subnet, network, link)
			}
		}
	}
}

func (c *clusterCheck) subnet(name, text string) (netip.Prefix, bool) {
	if !c.given(name) {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		c.fail(name, "%q is not a range in CIDR notation, such as 10.244.0.0/16", text)
	case !prefix.Addr().Is4():
		c.fail(name, "%q is not an IPv4 range: kind clusters of Rampart are IPv4 only", text)
	case prefix.Masked() != prefix:
		c.fail(name, "%q has bits set behind its mask: did you mean %s?", text, prefix.Masked())
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}
