package spec

import (
	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Faults returns everything that is wrong with a cluster whose defaults are set, by the fields of Cluster in lower camel
// case: network.firewallIP, nodePools[0].min.
func (c Cluster) Faults() baseline.Faults {
	check := &checker{cluster: c}
	check.identity()
	check.version()
	check.network()
	check.endpoint()
	check.administrators()
	check.keysAndLogs()
	check.maintenance()
	check.nodePools()
	return check.Faults
}

// checker holds a cluster to the rules.
type checker struct {
	rules.Checker
	cluster Cluster
}
