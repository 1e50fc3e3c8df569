package spec

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Sizes of ranges, as prefix lengths: what GKE takes, and what is more than anybody needs.
const (
	widestNodes, narrowestNodes       = 16, 24
	widestPods, narrowestPods         = 10, 20 // a node takes a /24
	widestServices, narrowestServices = 16, 27
	controlPlane                      = 28
	widestPublic                      = 16 // a larger range has more owners than one
	minZones                          = 2  // one that fails would take all nodes
)

// named is a range that has been parsed, with the field that it stands in.
type named struct {
	field string
	netip.Prefix
}

func (c *checker) network() {
	network := c.cluster.Network
	ranges := []named{}
	for _, each := range []struct {
		field, text       string
		widest, narrowest int
	}{
		{"network.cidr", network.CIDR, widestNodes, narrowestNodes},
		{"network.podCIDR", network.PodCIDR, widestPods, narrowestPods},
		{"serviceCIDR", c.cluster.ServiceCIDR, widestServices, narrowestServices},
		{"controlPlaneCIDR", c.cluster.ControlPlaneCIDR, controlPlane, controlPlane},
	} {
		prefix, ok := c.sized(each.field, each.text, each.widest, each.narrowest)
		if !ok {
			continue
		}
		for _, other := range ranges {
			if other.Overlaps(prefix) {
				c.report(each.field, each.text, fmt.Sprintf("overlaps %s %s", other.field, other.Prefix), "choose ranges that do not meet")
			}
		}
		ranges = append(ranges, named{each.field, prefix})
	}
	if c.cluster.DataplaneV2 && c.cluster.Calico {
		c.report("calico", true, "stands beside dataplaneV2, and each of them enforces policies by itself",
			"choose one: Dataplane V2 is what GKE goes on with, Calico what older clusters have")
	}
	if network.Given() {
		c.givenNetwork()
		return
	}
	if network.PodRange != "" || network.ServiceRange != "" {
		c.report("network.podRange", network.PodRange+network.ServiceRange, "is of a subnetwork that is there already",
			"name network.subnetworkID, or remove it")
	}
	if !slices.Contains([]Egress{EgressNone, EgressNAT}, network.Egress) {
		c.report("network.egress", network.Egress, "is unknown", "use %s or %s", EgressNone, EgressNAT)
	}
}

func (c *checker) givenNetwork() {
	network := c.cluster.Network
	if network.Egress != "" {
		c.report("network.egress", network.Egress, "is that of a network that is made", "remove it, or network.networkID")
	}
	for field, missing := range map[string]bool{
		"networkID": network.NetworkID == nil, "subnetworkID": network.SubnetworkID == nil,
		"podRange": network.PodRange == "", "serviceRange": network.ServiceRange == "",
	} {
		if missing {
			c.report("network."+field, "", "is missing of a network that is there already",
				"name the VPC, its subnetwork and the subnetwork's two secondary ranges")
		}
	}
}

func (c *checker) zones() {
	zones := c.cluster.Zones
	if len(zones) < minZones {
		c.report("zones", zones, "is fewer than two zones: one that fails would take all nodes",
			"name two or three, such as %s-a and %s-b", c.cluster.Region, c.cluster.Region)
	}
	for i, zone := range zones {
		field := fmt.Sprintf("zones[%d]", i)
		switch {
		case !strings.HasPrefix(zone, c.cluster.Region+"-") || len(zone) != len(c.cluster.Region)+2:
			c.report(field, zone, "is no zone of "+c.cluster.Region, "write one such as %s-a", c.cluster.Region)
		case slices.Contains(zones[:i], zone):
			c.report(field, zone, "is there twice", "name another zone")
		}
	}
}

// endpoint holds who may reach the API server.
func (c *checker) endpoint() {
	if c.cluster.Production() && !c.cluster.Private() {
		c.report("publicCIDRs", c.cluster.PublicCIDRs, "gives a cluster of the environment prod a public address",
			"remove it; docs/gke.md says how to get in")
	}
	for i, text := range c.cluster.PublicCIDRs {
		field := fmt.Sprintf("publicCIDRs[%d]", i)
		prefix, ok := c.cidr(field, text)
		switch {
		case !ok:
		case prefix.Bits() < widestPublic:
			c.report(field, text, "is as good as the whole world",
				"name the ranges that administrators come from, none wider than a /%d", widestPublic)
		case prefix.Addr().IsPrivate():
			c.report(field, text, "is private address space", "write it into authorizedCIDRs")
		}
	}
	for i, text := range c.cluster.AuthorizedCIDRs {
		field := fmt.Sprintf("authorizedCIDRs[%d]", i)
		prefix, ok := c.cidr(field, text)
		switch {
		case !ok:
		case prefix.Bits() == 0:
			c.report(field, text, "is the whole world", "name the ranges that administrators come from")
		case !prefix.Addr().IsPrivate():
			c.report(field, text, "is no private address space, from which nobody reaches a private address",
				"outside prod write it into publicCIDRs; in prod come by a bastion or a VPN (docs/gke.md)")
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
		c.report(field, text, "is no range in CIDR notation", "write one such as 10.0.0.0/20")
	case !prefix.Addr().Is4():
		c.report(field, text, "is no IPv4 range", "write one such as 10.0.0.0/20")
	case prefix != prefix.Masked():
		c.report(field, text, "has bits set behind the prefix", "did you mean %s?", prefix.Masked())
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}
