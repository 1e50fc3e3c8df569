package spec

import (
	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Faults returns everything that is wrong with a cluster whose defaults are set, by the fields of Cluster in lower camel
// case: network.podCIDR, nodePools[0].min.
func (c Cluster) Faults() baseline.Faults {
	check := &checker{cluster: c}
	check.identity()
	check.zones()
	check.releases()
	check.network()
	check.endpoint()
	check.principals()
	check.keysAndLogs()
	check.nodePools()
	return check.Faults
}

// checker holds a cluster to the rules.
type checker struct {
	rules.Checker
	cluster Cluster
}
