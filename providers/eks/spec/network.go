package spec

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Sizes of ranges, as prefix lengths.
const (
	widestNetwork, narrowestNetwork   = 16, 20 // a /20 has 1000 addresses for each of three zones
	widestServices, narrowestServices = 12, 24 // what EKS takes
	widestPublic                      = 16     // a larger range has more owners than one
	minZones                          = 2      // what EKS takes
	maxZones                          = 4      // into which the range is cut
)

func (c *checker) network() {
	network := c.cluster.Network
	vpc, vpcOK := c.sized("network.cidr", network.CIDR, widestNetwork, narrowestNetwork)
	services, servicesOK := c.sized("serviceCIDR", c.cluster.ServiceCIDR, widestServices, narrowestServices)
	if vpcOK && servicesOK && vpc.Overlaps(services) {
		c.report("serviceCIDR", c.cluster.ServiceCIDR, "overlaps network.cidr "+network.CIDR, "choose ranges that do not meet")
	}
	if network.Given() {
		c.givenNetwork()
		return
	}
	if len(network.Subnets) > 0 {
		c.report("network.subnets", len(network.Subnets), "stand without a VPC", "name network.vpcID, or remove them")
	}
	c.zones("network.zones", network.Zones, func(i int) string { return fmt.Sprintf("network.zones[%d]", i) })
	if !slices.Contains([]Egress{EgressNone, EgressNAT, EgressNATPerZone}, network.Egress) {
		c.report("network.egress", network.Egress, "is unknown", "use %s, %s or %s", EgressNone, EgressNAT, EgressNATPerZone)
	}
}

func (c *checker) givenNetwork() {
	network := c.cluster.Network
	if len(network.Zones) > 0 {
		c.report("network.zones", network.Zones, "are those of a network that is made", "remove them, or network.vpcID")
	}
	if network.Egress != "" {
		c.report("network.egress", network.Egress, "is that of a network that is made", "remove it, or network.vpcID")
	}
	zones := make([]string, 0, len(network.Subnets))
	for i, subnet := range network.Subnets {
		zones = append(zones, subnet.Zone)
		if subnet.ID == nil {
			c.report(fmt.Sprintf("network.subnets[%d].id", i), "", "is missing", "name a private subnet of the VPC")
		}
	}
	c.zones("network.subnets", zones, func(i int) string { return fmt.Sprintf("network.subnets[%d].zone", i) })
}

func (c *checker) zones(field string, zones []string, at func(int) string) {
	if len(zones) < minZones {
		c.report(field, zones, "is in fewer than two zones: EKS wants two, and one that fails would take all nodes",
			"name two or three, such as %sa and %sb", c.cluster.Region, c.cluster.Region)
	}
	if len(zones) > maxZones {
		c.report(field, zones, "is in more zones than the range is cut for", "name at most %d", maxZones)
	}
	for i, zone := range zones {
		switch {
		case !strings.HasPrefix(zone, c.cluster.Region) || len(zone) != len(c.cluster.Region)+1:
			c.report(at(i), zone, "is no zone of "+c.cluster.Region, "write one such as %sa", c.cluster.Region)
		case slices.Contains(zones[:i], zone):
			c.report(at(i), zone, "is there twice", "name another zone")
		}
	}
}

// sized parses a range in private address space of a size between two prefix lengths.
func (c *checker) sized(field, text string, widest, narrowest int) (netip.Prefix, bool) {
	prefix, ok := c.cidr(field, text)
	switch {
	case !ok:
	case prefix.Bits() < widest || prefix.Bits() > narrowest:
		c.report(field, text, fmt.Sprintf("is a /%d", prefix.Bits()), "use a range from /%d to /%d", widest, narrowest)
		ok = false
	case !prefix.Addr().IsPrivate():
		c.report(field, text, "is not private address space", "use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
		ok = false
	}
	return prefix, ok
}

func (c *checker) cidr(field, text string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		c.report(field, text, "is no range in CIDR notation", "write one such as 10.0.0.0/16")
	case !prefix.Addr().Is4():
		c.report(field, text, "is no IPv4 range", "write one such as 10.0.0.0/16")
	case prefix != prefix.Masked():
		c.report(field, text, "has bits set behind the prefix", "did you mean %s?", prefix.Masked())
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}

// SubnetCIDRs are the ranges of a network that is made: for each zone a private subnet, an eighth of the range or a half of
// a quarter, and a public one, of which only NAT gateways and nothing of ours takes addresses.
func (n Network) SubnetCIDRs() (private, public []string) {
	vpc, err := netip.ParsePrefix(n.CIDR)
	if err != nil {
		return nil, nil
	}
	// The first half of the range holds the private subnets, four of an eighth each; the last 256th each of the second
	// half the public ones.
	const privateBits, publicBits = 3, 8
	for i := range n.Zones {
		private = append(private, cut(vpc, privateBits, i))
		public = append(public, cut(vpc, publicBits, 1<<(publicBits-1)+i))
	}
	return private, public
}

// cut is a part of a range: the one with a number among those that are smaller by a number of bits.
func cut(from netip.Prefix, bits, number int) string {
	length := from.Bits() + bits
	address := from.Addr().As4()
	value := uint32(address[0])<<24 | uint32(address[1])<<16 | uint32(address[2])<<8 | uint32(address[3])
	value += uint32(number) << (32 - length) //nolint:gosec // a handful of subnets
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{
		byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value), //nolint:gosec // the bytes of it
	}), length).String()
}
