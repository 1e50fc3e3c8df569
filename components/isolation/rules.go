package isolation

import (
	"fmt"
	"regexp"
	"strings"

	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
)

// Protocol is what a port belongs to, as Kubernetes spells it.
type Protocol string

// The protocols that have ports.
const (
	ProtocolTCP  Protocol = "TCP"
	ProtocolUDP  Protocol = "UDP"
	ProtocolSCTP Protocol = "SCTP"
)

// Port is one port of one protocol: 1 to 65535.
type Port struct {
	Protocol Protocol
	Number   int
}

// TCP returns a TCP port.
func TCP(number int) Port { return Port{ProtocolTCP, number} }

// UDP returns a UDP port.
func UDP(number int) Port { return Port{ProtocolUDP, number} }

func (p Port) String() string {
	return fmt.Sprintf("%s-%d", strings.ToLower(string(p.Protocol)), p.Number)
}

// Destination is a place outside the cluster: a range of addresses, or a network set, which is a list of them with a
// name.
//
// A host name is none. What sees packets sees addresses; the open-source edition of Calico has no policies on names,
// and a list of addresses that somebody looked up once is wrong as soon as the name's owner changes it.
type Destination struct {
	// CIDR is a range in CIDR notation; one address is a /32, or a /128 in IPv6. This or NetworkSet is required.
	CIDR string

	// NetworkSet is the name of one of Surroundings.NetworkSets.
	NetworkSet string

	// Waived says that a person answers for CIDR being as wide as 0.0.0.0/0: in a stack, a waiver of
	// baseline.EgressAnywhere. What the cluster itself uses and the metadata addresses stay left out of it. Without it a
	// range as wide as that is refused.
	Waived bool
}

// Rule is one thing that the isolation of a namespace lets through. AllowFrom, AllowTo, AllowEgress, AllowAPIServer and
// AllowRaw make rules.
type Rule interface {
	// name of the policy that the rule becomes. Two rules with the same name say the same.
	name() string

	// faults returns all that is wrong with the rule of a namespace.
	faults(namespace string, in Surroundings) []Fault
}

// AllowFrom lets another tenant's pods in, to one port of every pod in the namespace. A connection also takes the other
// tenant's AllowTo: one side alone opens nothing.
func AllowFrom(tenant string, port Port) Rule { return allowTenant{inbound, tenant, port} }

// AllowTo lets pods of the namespace out to one port of another tenant's pods. A connection also takes the other
// tenant's AllowFrom: one side alone opens nothing.
func AllowTo(tenant string, port Port) Rule { return allowTenant{outbound, tenant, port} }

// AllowEgress lets pods of the namespace out of the cluster.
func AllowEgress(to Destination, port Port) Rule { return allowEgress{to, port} }

// AllowAPIServer lets pods of the namespace connect to the API server; what they may do there is for their roles to say.
//
// Calico finds the API server's addresses by itself. For any other enforcer they must be given, in CIDR notation, and
// port says where the API server listens on them; 0 is 6443.
func AllowAPIServer(port int, addresses ...string) Rule {
	if port == 0 {
		port = defaultAPIServerPort
	}
	return allowAPIServer{port, addresses}
}

// AllowRaw is the way out where no other rule fits: a policy as Kubernetes knows it, under a name of its own. It is
// checked by nobody but its author; the cluster-wide tier of ClusterIsolation holds it all the same.
func AllowRaw(name string, spec *networkingv1.NetworkPolicySpecArgs) Rule {
	return allowRaw{name, spec}
}

const defaultAPIServerPort = 6443

// direction is seen from the namespace that a rule belongs to.
type direction string

const (
	inbound  direction = "from"
	outbound direction = "to"
)

type allowTenant struct {
	direction direction
	tenant    string
	port      Port
}

func (r allowTenant) name() string {
	return fmt.Sprintf("allow-%s-%s-%s", r.direction, r.tenant, r.port)
}

type allowEgress struct {
	to   Destination
	port Port
}

// notInNames matches what the names of policies cannot hold.
var notInNames = regexp.MustCompile(`[^a-z0-9]`)

func (r allowEgress) name() string {
	where := "set-" + r.to.NetworkSet
	if r.to.NetworkSet == "" {
		where = notInNames.ReplaceAllString(strings.ToLower(r.to.CIDR), "-")
	}
	return fmt.Sprintf("allow-egress-%s-%s", where, r.port)
}

type allowAPIServer struct {
	port      int
	addresses []string
}

func (allowAPIServer) name() string { return "allow-api-server" }

type allowRaw struct {
	called string
	spec   *networkingv1.NetworkPolicySpecArgs
}

func (r allowRaw) name() string { return "raw-" + r.called }
