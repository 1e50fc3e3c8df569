package spec

import (
	"net/netip"
	"slices"
)

// Sizes of ranges, as prefix lengths.
const (
	widestNetwork, narrowestNetwork   = 16, 22 // of a /22, half are 500 nodes
	widestPods, narrowestPods         = 12, 20 // each node takes a /24
	widestServices, narrowestServices = 12, 24 // AKS takes none wider than a /12
)

// Ranges that AKS keeps for itself; one of a cluster must not meet them.
var reserved = []string{"169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"}

func (c *checker) network() {
	network := c.cluster.Network
	c.ranges()
	if !slices.Contains([]Egress{EgressNAT, EgressFirewall}, network.Egress) {
		c.Report("network.egress", network.Egress, "is unknown", "use %s or %s", EgressNAT, EgressFirewall)
	}
	if network.Given() {
		c.givenNetwork()
		return
	}
	address, err := netip.ParseAddr(network.FirewallIP)
	switch {
	case network.Egress != EgressFirewall && network.FirewallIP != "":
		c.Report("network.firewallIP", network.FirewallIP, "is that of another way out",
			"remove it, or set network.egress to %s", EgressFirewall)
	case network.Egress == EgressFirewall && network.FirewallIP == "":
		c.Report("network.firewallIP", "", "is missing", "name the private address of the firewall")
	case network.Egress == EgressFirewall && (err != nil || !address.Is4() || !address.IsPrivate()):
		c.Report("network.firewallIP", network.FirewallIP, "is no private IPv4 address", "write one such as 10.100.0.4")
	}
}

func (c *checker) givenNetwork() {
	network := c.cluster.Network
	if network.FirewallIP != "" {
		c.Report("network.firewallIP", network.FirewallIP, "is for a network that is made",
			"remove it: the routes of the subnet are yours")
	}
	if network.NodeSubnetID == nil {
		c.Report("network.nodeSubnetID", "", "is missing", "name the subnet of the nodes, too")
	}
	if network.APIServerSubnetID == nil {
		c.Report("network.apiServerSubnetID", "", "is missing", "name a subnet of the API server's own, delegated to "+
			"Microsoft.ContainerService/managedClusters")
	}
}

// ranges holds the three ranges of a cluster, which must not meet each other, nor what AKS keeps for itself.
func (c *checker) ranges() {
	type named struct {
		field, text       string
		widest, narrowest int
	}
	var good []named
	var prefixes []netip.Prefix
	for _, each := range []named{
		{"network.cidr", c.cluster.Network.CIDR, widestNetwork, narrowestNetwork},
		{"network.podCIDR", c.cluster.Network.PodCIDR, widestPods, narrowestPods},
		{"serviceCIDR", c.cluster.ServiceCIDR, widestServices, narrowestServices},
	} {
		prefix, ok := c.Sized(each.field, each.text, each.widest, each.narrowest)
		if !ok {
			continue
		}
		for _, kept := range reserved {
			if prefix.Overlaps(netip.MustParsePrefix(kept)) {
				c.Report(each.field, each.text, "meets "+kept+", which AKS keeps for itself", "choose another range")
			}
		}
		for i, other := range prefixes {
			if prefix.Overlaps(other) {
				c.Report(each.field, each.text, "overlaps "+good[i].field+" "+good[i].text, "choose ranges that do not meet")
			}
		}
		good, prefixes = append(good, each), append(prefixes, prefix)
	}
}

// SubnetCIDRs are the ranges of a network that is made: the first half is the nodes', and the API server has the last /28.
func (n Network) SubnetCIDRs() (nodes, apiServer string) {
	network, err := netip.ParsePrefix(n.CIDR)
	if err != nil {
		return "", ""
	}
	const apiServerBits = 28
	nodes = netip.PrefixFrom(network.Addr(), network.Bits()+1).String()
	last := network.Addr().As4()
	for bit := network.Bits(); bit < apiServerBits; bit++ {
		last[bit/8] |= 1 << (7 - bit%8)
	}
	return nodes, netip.PrefixFrom(netip.AddrFrom4(last), apiServerBits).String()
}

// DNSServiceIP is the address of the cluster's DNS: the tenth of the range of services.
func (c Cluster) DNSServiceIP() string {
	services, err := netip.ParsePrefix(c.ServiceCIDR)
	if err != nil {
		return ""
	}
	const tenth = 10
	address := services.Masked().Addr().As4()
	address[3] += tenth // no range of services is narrower than a /24
	return netip.AddrFrom4(address).String()
}
