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
	minZones                          = 2      // what EKS takes
	maxZones                          = 4      // into which the range is cut
)

func (c *checker) network() {
	network := c.cluster.Network
	vpc, vpcOK := c.Sized("network.cidr", network.CIDR, widestNetwork, narrowestNetwork)
	services, servicesOK := c.Sized("serviceCIDR", c.cluster.ServiceCIDR, widestServices, narrowestServices)
	if vpcOK && servicesOK && vpc.Overlaps(services) {
		c.Report("serviceCIDR", c.cluster.ServiceCIDR, "overlaps network.cidr "+network.CIDR, "choose ranges that do not meet")
	}
	if network.Given() {
		c.givenNetwork()
		return
	}
	if len(network.Subnets) > 0 {
		c.Report("network.subnets", len(network.Subnets), "stand without a VPC", "name network.vpcID, or remove them")
	}
	c.zones("network.zones", network.Zones, func(i int) string { return fmt.Sprintf("network.zones[%d]", i) })
	if !slices.Contains([]Egress{EgressNone, EgressNAT, EgressNATPerZone}, network.Egress) {
		c.Report("network.egress", network.Egress, "is unknown", "use %s, %s or %s", EgressNone, EgressNAT, EgressNATPerZone)
	}
}

func (c *checker) givenNetwork() {
	network := c.cluster.Network
	if len(network.Zones) > 0 {
		c.Report("network.zones", network.Zones, "are those of a network that is made", "remove them, or network.vpcID")
	}
	if network.Egress != "" {
		c.Report("network.egress", network.Egress, "is that of a network that is made", "remove it, or network.vpcID")
	}
	zones := make([]string, 0, len(network.Subnets))
	for i, subnet := range network.Subnets {
		zones = append(zones, subnet.Zone)
		if subnet.ID == nil {
			c.Report(fmt.Sprintf("network.subnets[%d].id", i), "", "is missing", "name a private subnet of the VPC")
		}
	}
	c.zones("network.subnets", zones, func(i int) string { return fmt.Sprintf("network.subnets[%d].zone", i) })
}

func (c *checker) zones(field string, zones []string, at func(int) string) {
	if len(zones) < minZones {
		c.Report(field, zones, "is in fewer than two zones: EKS wants two, and one that fails would take all nodes",
			"name two or three, such as %sa and %sb", c.cluster.Region, c.cluster.Region)
	}
	if len(zones) > maxZones {
		c.Report(field, zones, "is in more zones than the range is cut for", "name at most %d", maxZones)
	}
	for i, zone := range zones {
		switch {
		case !strings.HasPrefix(zone, c.cluster.Region) || len(zone) != len(c.cluster.Region)+1:
			c.Report(at(i), zone, "is no zone of "+c.cluster.Region, "write one such as %sa", c.cluster.Region)
		case slices.Contains(zones[:i], zone):
			c.Report(at(i), zone, "is there twice", "name another zone")
		}
	}
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
