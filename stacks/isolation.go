package stacks

import (
	"fmt"
	"slices"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/isolation"
)

// Isolation is what holds the network of every namespace, tenants' or not.
type Isolation struct {
	// ExemptNamespaces are not held: what runs the cluster itself. kube-system must be among them.
	ExemptNamespaces []string `config:"exemptNamespaces"`

	// NetworkSets are lists of ranges outside the cluster that tenants' rules may name.
	NetworkSets []NetworkSet `config:"networkSets"`

	// NodeCIDRs are the ranges that nodes get their addresses from, if they are known: no rule may reach into them.
	NodeCIDRs []string `config:"nodeCIDRs"`
}

// NetworkSet is a list of ranges with a name.
type NetworkSet struct {
	Name  string   `config:"name"`
	CIDRs []string `config:"cidrs"`
}

// Neighbour is a port that is open between two tenants, if the other one says so too.
type Neighbour struct {
	// Tenant at the other end.
	Tenant string `config:"tenant"`
	Port   int    `config:"port"`
	// Protocol is TCP, UDP or SCTP. Empty: TCP.
	Protocol string `config:"protocol"`
}

// Egress is a way out of the cluster, to a range or to a network set.
type Egress struct {
	CIDR       string `config:"cidr"`
	NetworkSet string `config:"networkSet"`
	Port       int    `config:"port"`
	// Protocol is TCP, UDP or SCTP. Empty: TCP.
	Protocol string `config:"protocol"`
}

// declaration is one rule of a tenant and the setting that it stands in.
type declaration struct {
	path string
	rule isolation.Rule
}

// declarations are a tenant's rules, in the order of its settings, which are at path, under what a stack's baseline comes to.
func (t Tenant) declarations(path string, resolved baseline.Resolved) []declaration {
	anywhere := resolved.Waived(baseline.EgressAnywhere, baseline.TenantScope(t.Name))
	var all []declaration
	for i, each := range t.AllowFrom {
		all = append(all, declaration{
			fmt.Sprintf("%s.allowFrom[%d]", path, i), isolation.AllowFrom(each.Tenant, port(each.Port, each.Protocol)),
		})
	}
	for i, each := range t.AllowTo {
		all = append(all, declaration{
			fmt.Sprintf("%s.allowTo[%d]", path, i), isolation.AllowTo(each.Tenant, port(each.Port, each.Protocol)),
		})
	}
	for i, each := range t.AllowEgress {
		all = append(all, declaration{
			fmt.Sprintf("%s.allowEgress[%d]", path, i),
			isolation.AllowEgress(each.destination(anywhere), port(each.Port, each.Protocol)),
		})
	}
	if t.APIServer {
		all = append(all, declaration{path + ".apiServer", isolation.AllowAPIServer(0)})
	}
	return all
}

func (t Tenant) networkRules(resolved baseline.Resolved) []isolation.Rule {
	var rules []isolation.Rule
	for _, each := range t.declarations("", resolved) {
		rules = append(rules, each.rule)
	}
	return rules
}

func port(number int, protocol string) isolation.Port {
	if protocol == "" {
		return isolation.TCP(number)
	}
	return isolation.Port{Protocol: isolation.Protocol(protocol), Number: number}
}

// destination keeps both, if both are given, for the component to refuse.
func (e Egress) destination(anywhere bool) isolation.Destination {
	return isolation.Destination{CIDR: e.CIDR, NetworkSet: e.NetworkSet, Waived: anywhere}
}

// surroundings are what the tenants' rules are checked against, on a cluster with an enforcer.
func (c Config) surroundings(enforcer baseline.PolicyEnforcer) isolation.Surroundings {
	in := isolation.Surroundings{
		Enforcer:    enforcer,
		Tenants:     map[string]string{},
		NetworkSets: map[string][]string{},
		PodCIDR:     c.Cluster.PodCIDR,
		ServiceCIDR: c.Cluster.ServiceCIDR,
		NodeCIDRs:   c.Isolation.NodeCIDRs,
	}
	if c.Provider == ProviderEKS {
		settled := c.EKSCluster().WithDefaults(c.Cluster.Name)
		in.PodCIDR, in.ServiceCIDR = settled.Network.CIDR, settled.ServiceCIDR
	}
	if c.Provider == ProviderAKS {
		settled := c.AKSCluster().WithDefaults(c.Cluster.Name)
		in.PodCIDR, in.ServiceCIDR = settled.Network.PodCIDR, settled.ServiceCIDR
		// The API server stands in it as well.
		in.NodeCIDRs = slices.Concat(in.NodeCIDRs, []string{settled.Network.CIDR})
	}
	if c.Provider == ProviderGKE {
		settled := c.GKECluster().WithDefaults(c.Cluster.Name)
		in.PodCIDR, in.ServiceCIDR = settled.Network.PodCIDR, settled.ServiceCIDR
		in.NodeCIDRs = slices.Concat(in.NodeCIDRs, []string{settled.Network.CIDR, settled.ControlPlaneCIDR})
	}
	for _, tenant := range c.Tenants {
		in.Tenants[tenant.Name] = tenant.Name
	}
	for _, set := range c.Isolation.NetworkSets {
		in.NetworkSets[set.Name] = set.CIDRs
	}
	return in
}

// clusterIsolation is the cluster-wide tier of a configuration.
func (c Config) clusterIsolation(
	enforcer baseline.PolicyEnforcer, resolved baseline.Resolved,
) isolation.ClusterIsolationArgs {
	args := isolation.ClusterIsolationArgs{
		ExemptNamespaces: c.Isolation.ExemptNamespaces,
		Surroundings:     c.surroundings(enforcer),
	}
	for _, tenant := range c.Tenants {
		args.Tenants = append(args.Tenants, isolation.TenantRules{Namespace: tenant.Name, Allow: tenant.networkRules(resolved)})
	}
	return args
}

// oneSided lists the rules between tenants that open nothing, because the other side does not say the same.
func (c Config) oneSided() []string {
	type side struct{ from, to, port string }
	out, in := map[side]string{}, map[side]string{}
	for i, tenant := range c.Tenants {
		for j, each := range tenant.AllowTo {
			out[side{tenant.Name, each.Tenant, port(each.Port, each.Protocol).String()}] =
				fmt.Sprintf("%s:tenants[%d].allowTo[%d]", Project, i, j)
		}
		for j, each := range tenant.AllowFrom {
			in[side{each.Tenant, tenant.Name, port(each.Port, each.Protocol).String()}] =
				fmt.Sprintf("%s:tenants[%d].allowFrom[%d]", Project, i, j)
		}
	}
	var lines []string
	for declared, path := range out {
		if _, both := in[declared]; !both {
			lines = append(lines, fmt.Sprintf("%s opens nothing until tenant %s has allowFrom %s for %s",
				path, declared.to, declared.from, declared.port))
		}
	}
	for declared, path := range in {
		if _, both := out[declared]; !both {
			lines = append(lines, fmt.Sprintf("%s opens nothing until tenant %s has allowTo %s for %s",
				path, declared.from, declared.to, declared.port))
		}
	}
	slices.Sort(lines)
	return lines
}

// isolation checks the cluster-wide tier, whether or not the cluster has what can enforce it, and every tenant's rules, by
// the rules of the component itself.
func (v *validator) isolation() {
	args := v.config.clusterIsolation(baseline.PolicyEnforcerCalico, v.resolved)
	v.faultsOf("isolation", args.Faults())
	args.Surroundings.Enforcer = v.config.enforcer()
	for i, text := range v.config.Isolation.NodeCIDRs {
		v.faultsOf("isolation", isolation.CheckCIDR(fmt.Sprintf("nodeCIDRs[%d]", i), text))
	}
	seen := map[string]int{}
	for i, set := range v.config.Isolation.NetworkSets {
		path := fmt.Sprintf("isolation.networkSets[%d]", i)
		if first, double := seen[set.Name]; double {
			v.report(path+".name", set.Name, "is the name of %s:isolation.networkSets[%d] already: remove one", Project, first)
		}
		seen[set.Name] = i
		v.faultsOf(path, isolation.CheckNetworkSet(set.Name, set.CIDRs, args.Surroundings))
	}
	for i, tenant := range v.config.Tenants {
		declared := tenant.declarations(fmt.Sprintf("tenants[%d]", i), v.resolved)
		for j, faults := range isolation.CheckRules(tenant.Name, args.Tenants[i].Allow, args.Surroundings) {
			v.faultsOf(declared[j].path, faults)
		}
	}
}

// faultsOf reports what a component found, at the settings that it was made of.
func (v *validator) faultsOf(path string, faults []isolation.Fault) {
	for _, fault := range faults {
		at := path
		if fault.Field != "" {
			at += "." + fault.Field
		}
		v.report(at, fault.Value, "%s", fault.Rule)
	}
}
