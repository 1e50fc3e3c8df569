package spec

import (
	"fmt"

	"github.com/rampart-iac/rampart/baseline"
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
	return check.faults
}

// checker collects faults.
type checker struct {
	cluster Cluster
	faults  baseline.Faults
}

func (c *checker) report(field string, value any, rule, remedy string, arguments ...any) {
	c.faults = append(c.faults, baseline.Fault{
		Field: field, Value: fmt.Sprint(value), Rule: rule, Remedy: fmt.Sprintf(remedy, arguments...),
	})
}
