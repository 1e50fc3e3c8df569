// Package rules is what the arguments of every cloud's clusters are held to in the same way. It imports no SDK of a cloud.
package rules

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rampart-iac/rampart/baseline"
)

// widestPublic is the prefix length of the widest range that may reach a public address: a larger one has more owners than one.
const widestPublic = 16

// Checker collects faults.
type Checker struct {
	Faults baseline.Faults
}

// Report notes a fault. Arguments are those of the remedy.
func (c *Checker) Report(field string, value any, rule, remedy string, arguments ...any) {
	c.Faults = append(c.Faults, baseline.Fault{
		Field: field, Value: fmt.Sprint(value), Rule: rule, Remedy: fmt.Sprintf(remedy, arguments...),
	})
}

// CIDR parses an IPv4 range without bits behind its prefix.
func (c *Checker) CIDR(field, text string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		c.Report(field, text, "is no range in CIDR notation", "write one such as 10.0.0.0/20")
	case !prefix.Addr().Is4():
		c.Report(field, text, "is no IPv4 range", "write one such as 10.0.0.0/20")
	case prefix != prefix.Masked():
		c.Report(field, text, "has bits set behind the prefix", "did you mean %s?", prefix.Masked())
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}

// Sized parses a range in private address space of a size between two prefix lengths.
func (c *Checker) Sized(field, text string, widest, narrowest int) (netip.Prefix, bool) {
	prefix, ok := c.CIDR(field, text)
	switch {
	case !ok:
	case prefix.Bits() < widest || prefix.Bits() > narrowest:
		c.Report(field, text, fmt.Sprintf("is a /%d", prefix.Bits()), "use a range from /%d to /%d", widest, narrowest)
		ok = false
	case !Private(prefix):
		c.Report(field, text, "is not private address space", "use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
		ok = false
	}
	return prefix, ok
}

// private is the address space that is nobody's on the Internet (RFC 1918).
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

// Private says whether a range is private address space from its first address to its last: 192.168.0.0/15 is not.
func Private(prefix netip.Prefix) bool {
	return slices.ContainsFunc(private, func(space netip.Prefix) bool {
		return space.Bits() <= prefix.Bits() && space.Contains(prefix.Addr())
	})
}

// Public holds the ranges that may reach a public address of the API server: none in prod, never the whole world. The page
// says how to get in without, and the last argument what to do with a range in private address space.
func (c *Checker) Public(production bool, ranges []string, page, private string) {
	if production && len(ranges) > 0 {
		c.Report("publicCIDRs", ranges, "gives a cluster of the environment prod a public address",
			"remove it; %s says how to get in", page)
	}
	for i, text := range ranges {
		field := fmt.Sprintf("publicCIDRs[%d]", i)
		prefix, ok := c.CIDR(field, text)
		switch {
		case !ok:
		case prefix.Bits() < widestPublic:
			c.Report(field, text, "is as good as the whole world",
				"name the ranges that administrators come from, none wider than a /%d", widestPublic)
		case Private(prefix):
			c.Report(field, text, "is private address space, from which nobody reaches a public address", "%s", private)
		}
	}
}

// Default sets a field that is not set.
func Default[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// DefaultEach sets the fields of every element of a list that has at least one: the given one, if there are none. The list of
// the caller stays as it is.
func DefaultEach[T any](list *[]T, only T, settle func(*T)) {
	if len(*list) == 0 {
		*list = []T{only}
	}
	*list = slices.Clone(*list)
	for i := range *list {
		settle(&(*list)[i])
	}
}
