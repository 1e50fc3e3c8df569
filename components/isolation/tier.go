package isolation

import (
	"fmt"
	"slices"
)

const (
	systemNamespace = "kube-system"

	// dnsLabel and dnsApp are what the cluster's DNS pods bear, whichever program they are.
	dnsLabel = "k8s-app"
	dnsApp   = "kube-dns"
)

// The orders of Calico's policies. Those of Kubernetes have 1000: what comes before them no tenant can override, and
// what comes after them is for pods that none of them decides on.
const (
	orderProtect = 100
	orderBorder  = 200
	orderTenant  = 900
	orderDefault = 2000
)

// portRange is one port or more of a protocol.
type portRange struct {
	first, last int
	holds       string
}

// nodePorts are the TCP ports of nodes that hand out the cluster to whoever may speak to them: CIS 1.2 to 1.4, 2 and 4.2
// say what must be set behind them, and no pod has any business there.
var nodePorts = []portRange{
	{2379, 2381, "etcd: clients, peers, metrics"},
	{10250, 10250, "kubelet"},
	{10255, 10255, "kubelet, read-only"},
	{10257, 10257, "controller manager"},
	{10259, 10259, "scheduler"},
}

func isNodePort(number int) bool {
	return slices.ContainsFunc(nodePorts, func(ports portRange) bool { return ports.first <= number && number <= ports.last })
}

func calicoPorts(ranges []portRange) []any {
	ports := make([]any, 0, len(ranges))
	for _, each := range ranges {
		if each.first == each.last {
			ports = append(ports, each.first)
			continue
		}
		ports = append(ports, fmt.Sprintf("%d:%d", each.first, each.last))
	}
	return ports
}

// policyPrefix tells the tier's policies from others.
const policyPrefix = "rampart-"

// forAll returns the policies that hold all namespaces, by what each does.
func (a ClusterIsolationArgs) forAll() map[string]calicoSpec {
	return map[string]calicoSpec{"protect": a.protect(), "nodes": a.nodes(), "default-deny": a.defaultDeny()}
}

// isolated selects the pods that are not exempt. It holds from the moment that a pod is there, in a namespace that is as
// new as the pod, too.
func (a ClusterIsolationArgs) isolated() string { return podsOutside(a.ExemptNamespaces) }

// defaultDeny selects every pod and allows DNS only, so that what no policy allows is denied.
func (a ClusterIsolationArgs) defaultDeny() calicoSpec {
	return calicoSpec{
		Order: orderDefault, Selector: a.isolated(), Types: []string{"Ingress", "Egress"},
		Egress: []calicoRule{
			{Action: allow, Protocol: "UDP", Destination: &calicoEntity{Selector: dnsPods, Ports: []any{dnsPort}}},
			{Action: allow, Protocol: "TCP", Destination: &calicoEntity{Selector: dnsPods, Ports: []any{dnsPort}}},
		},
	}
}

// protect denies what no pod may reach, whatever its namespace allows.
func (a ClusterIsolationArgs) protect() calicoSpec {
	spec := calicoSpec{Order: orderProtect, Selector: a.isolated(), Types: []string{"Egress"}}
	for i, version := range []int{4, 6} {
		spec.Egress = append(spec.Egress, calicoRule{
			Action: deny, IPVersion: version, Destination: &calicoEntity{Nets: metadataAddresses[i : i+1]},
		})
	}
	// On everything that is not a pod, and not only on the nodes' own addresses as Kubernetes knows them: a node answers
	// on every address that it has, those of tunnels, bridges and second interfaces included.
	spec.Egress = append(spec.Egress, calicoRule{
		Action: deny, Protocol: "TCP", Destination: &calicoEntity{NotSelector: anyPod, Ports: calicoPorts(nodePorts)},
	})
	return spec
}

// border keeps a tenant to itself and to what it declares about other tenants. A policy that somebody makes in its
// namespace is evaluated after this one.
func (a ClusterIsolationArgs) border(tenant TenantRules) calicoSpec {
	spec := calicoSpec{
		Order: orderBorder, Selector: podsOf(tenant.Namespace), Types: []string{"Ingress", "Egress"},
	}
	reachesAPIServer := false
	for _, rule := range tenant.Allow {
		switch rule := rule.(type) {
		case allowTenant:
			other := &calicoEntity{Selector: podsOf(a.Surroundings.Tenants[rule.tenant])}
			allowed := calicoRule{Action: allow, Protocol: string(rule.port.Protocol)}
			if rule.direction == inbound {
				allowed.Source, allowed.Destination = other, &calicoEntity{Ports: []any{rule.port.Number}}
				spec.Ingress = append(spec.Ingress, allowed)
				continue
			}
			other.Ports = []any{rule.port.Number}
			allowed.Destination = other
			spec.Egress = append(spec.Egress, allowed)
		case allowAPIServer:
			reachesAPIServer = true
		}
	}
	// All pods that are isolated, without the tenant's own: two sets, the larger of which all borders share.
	others := &calicoEntity{Selector: a.isolated(), NotSelector: podsOf(tenant.Namespace)}
	spec.Ingress = append(spec.Ingress, calicoRule{Action: deny, Source: others})
	apiServerAction := deny
	if reachesAPIServer {
		apiServerAction = allow
	}
	spec.Egress = append(spec.Egress,
		calicoRule{Action: apiServerAction, Destination: apiServer()},
		calicoRule{Action: deny, Destination: &calicoEntity{Selector: nodes}},
		calicoRule{Action: deny, Destination: others},
	)
	return spec
}

// nodes shuts the ports of nodePorts at the nodes' host endpoints, for all but nodes. The rest stays open: what a node sends
// to an address of its own comes in over the loopback, from that very address, and no policy could tell it from a
// stranger's. It does not concern what a node forwards to pods, nor a node's own pods: their egress is policed where they
// send. Felix lets the tunnel and the answers to the node's own connections through before it gets here.
func (a ClusterIsolationArgs) nodes() calicoSpec {
	ingress := []calicoRule{
		// A host endpoint of all interfaces includes the loopback, on which the control plane speaks to itself.
		{Action: allow, IPVersion: 4, Source: &calicoEntity{Nets: []string{"127.0.0.0/8"}}},
		{Action: allow, IPVersion: 6, Source: &calicoEntity{Nets: []string{"::1/128"}}},
		{Action: allow, Source: &calicoEntity{Selector: nodes}},
	}
	if a.Surroundings.ManagedControlPlane {
		// It is no node, and speaks to kubelets from the addresses that it answers on.
		ingress = append(ingress, calicoRule{Action: allow, Source: apiServer()})
	}
	return calicoSpec{
		Order: orderProtect, Selector: nodes, Types: []string{"Ingress"},
		Ingress: append(ingress,
			calicoRule{Action: deny, Protocol: "TCP", Destination: &calicoEntity{Ports: calicoPorts(nodePorts)}},
			calicoRule{Action: allow},
		),
	}
}
