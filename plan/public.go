package plan

import (
	"net/netip"
	"slices"
	"strings"
)

// Public is what the world can reach, found out from what each resource asks for.
type Public struct {
	// Reachable is what somebody outside can connect to, or is let do.
	Reachable []Finding `json:"reachable"`

	// WaysOut are where connections to the outside can be made from. Nothing gets in by them.
	WaysOut []Finding `json:"waysOut"`

	// Unjudged are resources of a kind that no rule here knows. As long as there are any, nothing is known to be closed.
	Unjudged []string `json:"unjudged"`
}

// Finding is one way into what a resource makes, or out of it.
type Finding struct {
	Resource string `json:"resource"`
	What     string `json:"what"`

	// From is who can use it: a range of addresses, or a name that the cloud has for many.
	From string `json:"from,omitempty"`
}

// judge finds what a resource opens. A kind that cannot open anything has none.
type judge func(record Record, of Resource, into *Public)

// closed says of kinds that they have no address and let nobody in.
func closed(judges map[string]judge, kinds ...string) {
	for _, kind := range kinds {
		judges[kind] = nil
	}
}

// public judges every resource of a record.
func public(record Record) Public {
	judges := map[string]judge{}
	awsJudges(judges)
	azureJudges(judges)
	gcpJudges(judges)
	kindJudges(judges)
	found := Public{Reachable: []Finding{}, WaysOut: []Finding{}, Unjudged: []string{}}
	for _, each := range record.Resources {
		if each.plumbing() {
			continue
		}
		if each.Package() == "kubernetes" {
			judgeObject(each, &found)
			continue
		}
		judged, known := judges[each.Kind()]
		switch {
		case !known:
			found.Unjudged = append(found.Unjudged, each.Name+" ("+each.Type+")")
		case judged != nil:
			judged(record, each, &found)
		}
	}
	return found
}

func (p *Public) reachable(of Resource, what, from string) {
	p.Reachable = append(p.Reachable, Finding{of.Name, what, from})
}

func (p *Public) out(of Resource, what string) {
	p.WaysOut = append(p.WaysOut, Finding{Resource: of.Name, What: what})
}

// everywhere is every address there is.
const everywhere = "0.0.0.0/0"

// inside are the ranges that are nobody's on the Internet: private ones, those of carriers, loopback and link-local.
var inside = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"),
}

// outside says whether a range has addresses of the Internet in it. What is no range is taken for one that has.
func outside(text string) bool {
	given, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return true
		}
		given = netip.PrefixFrom(address, address.BitLen())
	}
	return !slices.ContainsFunc(inside, func(private netip.Prefix) bool {
		return private.Bits() <= given.Bits() && private.Contains(given.Addr())
	})
}

// kindJudges are about clusters on this machine. Their plugin publishes one port, on the loopback address, and has no setting
// for another (RMP-CPL-003).
func kindJudges(judges map[string]judge) {
	closed(judges, "rampart:kind:EncryptionKey")
	judges["rampart:kind:Cluster"] = func(_ Record, of Resource, into *Public) {
		into.out(of, "nodes, by this machine's own connections")
	}
}

// judgeObject judges what goes into the cluster. Objects there get an address outside it by these kinds alone.
func judgeObject(of Resource, into *Public) {
	switch of.Kind() {
	case "kubernetes:Service":
		switch kind := of.Text("spec", "type"); kind {
		case "LoadBalancer", "NodePort":
			into.reachable(of, "Service of type "+kind, orEverywhere(of.Texts("spec", "loadBalancerSourceRanges")))
		}
		if addresses := of.Texts("spec", "externalIPs"); len(addresses) > 0 {
			into.reachable(of, "Service with external addresses", strings.Join(addresses, ", "))
		}
	case "kubernetes:Ingress", "kubernetes:Gateway":
		into.reachable(of, of.Text("kind")+" of what its controller makes public", everywhere)
	case "kubernetes:ClusterRoleBinding", "kubernetes:RoleBinding":
		for _, subject := range of.List("subjects") {
			if name := text(subject, "name"); name == "system:anonymous" || name == "system:unauthenticated" {
				into.reachable(of, "role "+of.Text("roleRef", "name")+" for whoever has not logged in", name)
			}
		}
	}
}

// orEverywhere joins ranges; none mean all.
func orEverywhere(ranges []string) string {
	if len(ranges) == 0 {
		return everywhere
	}
	return strings.Join(ranges, ", ")
}
