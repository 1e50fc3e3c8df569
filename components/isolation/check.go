package isolation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/rampart-iac/rampart/baseline"
)

// Surroundings are what the rules of a namespace are checked against, and what their names stand for.
type Surroundings struct {
	// Enforcer says what enforces network policy: baseline.Facts.PolicyEnforcer. Empty: something that knows plain
	// NetworkPolicy objects.
	Enforcer baseline.PolicyEnforcer

	// Tenants are the namespaces of all tenants that rules may name, by the tenants' names.
	Tenants map[string]string

	// NetworkSets are lists of ranges in CIDR notation that rules may name.
	NetworkSets map[string][]string

	// PodCIDR, ServiceCIDR and NodeCIDRs are the cluster's own ranges, as far as they are known. No egress rule may reach
	// into them: AllowTo and AllowAPIServer are for what is inside.
	PodCIDR, ServiceCIDR string
	NodeCIDRs            []string

	// ManagedControlPlane is true if a cloud runs the control plane: it is on no node, and still must reach the kubelets.
	ManagedControlPlane bool
}

// Fault is one thing that is wrong with a rule.
type Fault struct {
	// Field of the rule: tenant, port, protocol, cidr, networkSet, addresses, name, spec. Empty if it is the rule as a whole.
	Field string

	// Value of the field.
	Value any

	// Rule says what is wrong and what to write instead.
	Rule string
}

// Error is the fault on one line.
func (f Fault) Error() string { return f.at("") }

// at is the fault of a field below a path.
func (f Fault) at(path string) string {
	if path != "" && f.Field != "" {
		path += "."
	}
	if text, ok := f.Value.(string); ok {
		return fmt.Sprintf("%s%s %q: %s", path, f.Field, text, f.Rule)
	}
	return fmt.Sprintf("%s%s %v: %s", path, f.Field, f.Value, f.Rule)
}

// CheckRules returns all that is wrong with the rules of a namespace, for each rule by its place in the list.
func CheckRules(namespace string, rules []Rule, in Surroundings) [][]Fault {
	faults := make([][]Fault, len(rules))
	first := map[string]int{}
	for i, rule := range rules {
		if rule == nil {
			faults[i] = []Fault{{Value: "", Rule: "is empty: make it with one of the Allow functions"}}
			continue
		}
		faults[i] = rule.faults(namespace, in)
		if at, double := first[rule.name()]; double {
			faults[i] = append(faults[i], Fault{Value: rule.name(), Rule: fmt.Sprintf("says the same as rule %d: remove one", at)})
			continue
		}
		first[rule.name()] = i
	}
	return faults
}

// checkAll is CheckRules as errors of the field allow.
func checkAll(field, namespace string, rules []Rule, in Surroundings) []error {
	var errs []error
	for i, faults := range CheckRules(namespace, rules, in) {
		for _, fault := range faults {
			errs = append(errs, fmt.Errorf("%s", fault.at(fmt.Sprintf("%s[%d]", field, i))))
		}
	}
	return errs
}

func (p Port) faults() []Fault {
	var faults []Fault
	if !slices.Contains([]Protocol{ProtocolTCP, ProtocolUDP, ProtocolSCTP}, p.Protocol) {
		faults = append(faults, Fault{"protocol", string(p.Protocol), "is not a protocol with ports: use TCP, UDP or SCTP"})
	}
	if !isPort(p.Number) {
		faults = append(faults, Fault{"port", p.Number, notAPort})
	}
	return faults
}

const notAPort = "is not a port: use 1 to 65535"

func isPort(number int) bool { return len(validation.IsValidPortNum(number)) == 0 }

func (r allowTenant) faults(namespace string, in Surroundings) []Fault {
	faults := r.port.faults()
	switch other, known := in.Tenants[r.tenant]; {
	case r.tenant == "":
		faults = append(faults, Fault{"tenant", r.tenant, "is empty: name the tenant at the other end"})
	case !known:
		faults = append(faults, Fault{"tenant", r.tenant, "is not a tenant of this cluster: " + oneOf(in.Tenants)})
	case other == namespace:
		faults = append(faults, Fault{"tenant", r.tenant, "is the tenant itself, whose namespace is open within: remove the rule"})
	}
	return faults
}

func (r allowEgress) faults(_ string, in Surroundings) []Fault {
	faults := append(r.to.faults(in), r.port.faults()...)
	if r.port.Protocol == ProtocolTCP && isNodePort(r.port.Number) {
		faults = append(faults, Fault{"port", r.port.Number,
			"is a port of kubelets, the control plane or etcd, which no pod reaches on anything that is no pod itself: " +
				"have the destination listen on another one"})
	}
	return faults
}

func (r allowAPIServer) faults(_ string, in Surroundings) []Fault {
	faults := Port{ProtocolTCP, r.port}.faults()
	if in.Enforcer != baseline.PolicyEnforcerCalico && len(r.addresses) == 0 {
		faults = append(faults, Fault{"addresses", "", "is empty, and only Calico finds the API server by itself: give the " +
			"addresses that it listens on, in CIDR notation"})
	}
	for _, address := range r.addresses {
		if _, fault := parseCIDR("addresses", address); fault != nil {
			faults = append(faults, *fault)
		}
	}
	return faults
}

func (r allowRaw) faults(string, Surroundings) []Fault {
	var faults []Fault
	if problems := validation.IsDNS1123Label(r.called); len(problems) > 0 {
		faults = append(faults, Fault{"name", r.called, strings.Join(problems, "; ")})
	}
	if r.spec == nil {
		faults = append(faults, Fault{"spec", "", "is empty: give what the policy says"})
	}
	return faults
}

// oneOf names what there is, as the remedy for a name that does not exist.
func oneOf[V any](known map[string]V) string {
	if len(known) == 0 {
		return "there are none yet"
	}
	return "use one of " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}
