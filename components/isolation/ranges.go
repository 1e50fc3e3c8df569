package isolation

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/baseline"
)

// metadataAddresses are where clouds hand credentials to whoever asks: the link-local address that all of them use, and
// the one that AWS has in IPv6 beside it.
var metadataAddresses = []string{"169.254.169.254/32", "fd00:ec2::254/128"}

// The widest ranges that need no waiver, as prefix lengths. Wider ones are held by many owners: they stand for
// "anywhere", however many pieces they are cut into.
const (
	widestIPv4 = 8
	widestIPv6 = 16
)

// isWide says whether a range is as good as anywhere.
func isWide(prefix netip.Prefix) bool {
	if prefix.Addr().Is4() {
		return prefix.Bits() < widestIPv4
	}
	return prefix.Bits() < widestIPv6
}

// parseCIDR reads a range, or says what is wrong with it.
func parseCIDR(field, text string) (netip.Prefix, *Fault) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err == nil && prefix.Addr().Is4In6():
		return prefix, &Fault{field, text, "is an IPv4 range in IPv6 notation: write it as IPv4"}
	case err == nil && prefix != prefix.Masked():
		return prefix, &Fault{field, text, fmt.Sprintf("has bits set behind the prefix: did you mean %s?", prefix.Masked())}
	case err == nil:
		return prefix, nil
	}
	if address, err := netip.ParseAddr(text); err == nil {
		return prefix, &Fault{field, text, fmt.Sprintf("is an address without a prefix length: did you mean %s/%d?",
			address, address.BitLen())}
	}
	if isName(text) {
		return prefix, &Fault{field, text, "is a name: policies of open-source Calico and of Kubernetes match addresses, and " +
			"those of a name change without notice: give a CIDR or a network set"}
	}
	return prefix, &Fault{field, text, "is not a range in CIDR notation: write one such as 203.0.113.0/24"}
}

// CheckCIDR returns what is wrong with a range in CIDR notation, wherever it leads.
func CheckCIDR(field, text string) []Fault {
	if _, fault := parseCIDR(field, text); fault != nil {
		return []Fault{*fault}
	}
	return nil
}

// isName tells a host name, or a pattern of them, from a mistyped range.
func isName(text string) bool {
	text = strings.ToLower(strings.TrimPrefix(strings.TrimSuffix(text, "."), "*."))
	return strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") && len(validation.IsDNS1123Subdomain(text)) == 0
}

func (d Destination) faults(in Surroundings) []Fault {
	switch {
	case d.CIDR != "" && d.NetworkSet != "":
		return []Fault{{"networkSet", d.NetworkSet, "stands beside a cidr: give one of the two"}}
	case d.CIDR == "" && d.NetworkSet == "":
		return []Fault{{"cidr", "", "is empty: give a CIDR or a network set"}}
	case d.NetworkSet != "":
		if _, known := in.NetworkSets[d.NetworkSet]; !known {
			return []Fault{{"networkSet", d.NetworkSet, "is not a network set of this cluster: " + oneOf(in.NetworkSets)}}
		}
		return nil
	}
	return in.rangeFaults("cidr", d.CIDR, d.Waived)
}

// rangeFaults returns what is wrong with a range outside the cluster.
func (s Surroundings) rangeFaults(field, text string, waived bool) []Fault {
	prefix, fault := parseCIDR(field, text)
	if fault != nil {
		return []Fault{*fault}
	}
	wide := isWide(prefix)
	if wide && !waived {
		return []Fault{{field, text, "is as good as anywhere, and data leaves by it: name the ranges that are meant; only a rule " +
			"of a tenant itself may go this far, with a waiver of " + string(baseline.EgressAnywhere)}}
	}
	var faults []Fault
	for _, own := range s.reserved() {
		if !prefix.Overlaps(own.prefix) {
			continue
		}
		// A wide range leaves out what is in it, see exceptions.
		if wide && prefix.Bits() < own.prefix.Bits() {
			continue
		}
		faults = append(faults, Fault{field, text, fmt.Sprintf("meets %s, %s: %s", own.prefix, own.holds, own.remedy)})
	}
	return faults
}

// reserved is a range that is not outside.
type reserved struct {
	prefix        netip.Prefix
	holds, remedy string
}

// reserved returns the ranges that no egress rule may open. Those of the surroundings that cannot be read are left to
// the check of the surroundings themselves.
func (s Surroundings) reserved() []reserved {
	var all []reserved
	add := func(text, holds, remedy string) {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			all = append(all, reserved{prefix.Masked(), holds, remedy})
		}
	}
	for _, address := range metadataAddresses {
		add(address, "where clouds hand out credentials", "choose a range without it")
	}
	add(s.PodCIDR, "the cluster's pods", "name a tenant instead of its addresses")
	add(s.ServiceCIDR, "the cluster's services", "name a tenant instead of its services' addresses")
	for _, nodes := range s.NodeCIDRs {
		add(nodes, "the cluster's nodes", "pods reach the API server by its own rule, and nothing else of a node")
	}
	return all
}

// exceptions returns what a range leaves out: everything reserved that lies in it.
func (s Surroundings) exceptions(prefix netip.Prefix) []string {
	var except []string
	for _, own := range s.reserved() {
		if prefix.Overlaps(own.prefix) {
			except = append(except, own.prefix.String())
		}
	}
	return except
}

// faults returns what is wrong with the surroundings themselves.
func (s Surroundings) faults() []error {
	var errs []error
	check := func(field, text string) {
		for _, fault := range CheckCIDR(field, text) {
			errs = append(errs, fault)
		}
	}
	if s.PodCIDR != "" {
		check("podCIDR", s.PodCIDR)
	}
	if s.ServiceCIDR != "" {
		check("serviceCIDR", s.ServiceCIDR)
	}
	for i, nodes := range s.NodeCIDRs {
		check(fmt.Sprintf("nodeCIDRs[%d]", i), nodes)
	}
	for _, name := range slices.Sorted(maps.Keys(s.NetworkSets)) {
		for _, fault := range CheckNetworkSet(name, s.NetworkSets[name], s) {
			errs = append(errs, fmt.Errorf("%s", fault.at(fmt.Sprintf("networkSets[%s]", name))))
		}
	}
	return errs
}

// CheckNetworkSet returns all that is wrong with a network set. Ranges of a set are never waived.
func CheckNetworkSet(name string, ranges []string, in Surroundings) []Fault {
	var faults []Fault
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		faults = append(faults, Fault{"name", name, strings.Join(problems, "; ")})
	}
	if len(ranges) == 0 {
		faults = append(faults, Fault{"cidrs", ranges, "is empty: give at least one range in CIDR notation"})
	}
	for i, text := range ranges {
		faults = append(faults, in.rangeFaults(fmt.Sprintf("cidrs[%d]", i), text, false)...)
	}
	return faults
}
