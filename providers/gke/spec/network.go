package spec

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Sizes of ranges, as prefix lengths: what GKE takes, and what is more than anybody needs.
const (
	widestNodes, narrowestNodes       = 16, 24
	widestPods, narrowestPods         = 10, 20 // a node takes a /24
	widestServices, narrowestServices = 16, 27
	controlPlane                      = 28
	minZones                          = 2 // one that fails would take all nodes
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
		prefix, ok := c.Sized(each.field, each.text, each.widest, each.narrowest)
		if !ok {
			continue
		}
		for _, other := range ranges {
			if other.Overlaps(prefix) {
				c.Report(each.field, each.text, fmt.Sprintf("overlaps %s %s", other.field, other.Prefix), "choose ranges that do not meet")
			}
		}
		ranges = append(ranges, named{each.field, prefix})
	}
	if c.cluster.DataplaneV2 && c.cluster.Calico {
		c.Report("calico", true, "stands beside dataplaneV2, and each of them enforces policies by itself",
			"choose one: Dataplane V2 is what GKE goes on with, Calico what older clusters have")
	}
	if network.Given() {
		c.givenNetwork()
		return
	}
	if network.PodRange != "" || network.ServiceRange != "" {
		c.Report("network.podRange", network.PodRange+network.ServiceRange, "is of a subnetwork that is there already",
			"name network.subnetworkID, or remove it")
	}
	if !slices.Contains([]Egress{EgressNone, EgressNAT}, network.Egress) {
		c.Report("network.egress", network.Egress, "is unknown", "use %s or %s", EgressNone, EgressNAT)
	}
}

func (c *checker) givenNetwork() {
	network := c.cluster.Network
	if network.Egress != "" {
		c.Report("network.egress", network.Egress, "is that of a network that is made", "remove it, or network.networkID")
	}
	for field, missing := range map[string]bool{
		"networkID": network.NetworkID == nil, "subnetworkID": network.SubnetworkID == nil,
		"podRange": network.PodRange == "", "serviceRange": network.ServiceRange == "",
	} {
		if missing {
			c.Report("network."+field, "", "is missing of a network that is there already",
				"name the VPC, its subnetwork and the subnetwork's two secondary ranges")
		}
	}
}

func (c *checker) zones() {
	zones := c.cluster.Zones
	if len(zones) < minZones {
		c.Report("zones", zones, "is fewer than two zones: one that fails would take all nodes",
			"name two or three, such as %s-a and %s-b", c.cluster.Region, c.cluster.Region)
	}
	for i, zone := range zones {
		field := fmt.Sprintf("zones[%d]", i)
		switch {
		case !strings.HasPrefix(zone, c.cluster.Region+"-") || len(zone) != len(c.cluster.Region)+2:
			c.Report(field, zone, "is no zone of "+c.cluster.Region, "write one such as %s-a", c.cluster.Region)
		case slices.Contains(zones[:i], zone):
			c.Report(field, zone, "is there twice", "name another zone")
		}
	}
}

// endpoint holds who may reach the API server.
func (c *checker) endpoint() {
	c.Public(c.cluster.Production(), c.cluster.PublicCIDRs, "docs/gke.md", "write it into authorizedCIDRs")
	for i, text := range c.cluster.AuthorizedCIDRs {
		field := fmt.Sprintf("authorizedCIDRs[%d]", i)
		prefix, ok := c.CIDR(field, text)
		switch {
		case !ok:
		case prefix.Bits() == 0:
			c.Report(field, text, "is the whole world", "name the ranges that administrators come from")
		case !rules.Private(prefix):
			c.Report(field, text, "is no private address space, from which nobody reaches a private address",
				"outside prod write it into publicCIDRs; in prod come by a bastion or a VPN (docs/gke.md)")
		}
	}
}
