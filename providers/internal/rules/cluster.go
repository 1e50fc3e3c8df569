package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Environment says how much a cluster matters.
type Environment string

// The environments.
const (
	EnvironmentDev     Environment = "dev"
	EnvironmentStaging Environment = "staging"
	EnvironmentProd    Environment = "prod"
)

// Environment holds the environment of a cluster.
func (c *Checker) Environment(given Environment) {
	if !slices.Contains([]Environment{EnvironmentDev, EnvironmentStaging, EnvironmentProd}, given) {
		c.Report("environment", given, "is unknown", "use dev, staging or prod")
	}
}

// Taint keeps pods off nodes that do not tolerate it.
type Taint struct {
	Key, Value string
	// Effect is NoSchedule, PreferNoSchedule or NoExecute.
	Effect string
}

// Marks holds the taints and labels of nodes, whose settings stand below a path. Labels of Kubernetes' own and of the given
// domains of the cloud's are not for anybody to choose.
func (c *Checker) Marks(at string, taints []Taint, labels map[string]string, domains ...string) {
	for i, taint := range taints {
		if taint.Key == "" || !slices.Contains([]string{"NoSchedule", "PreferNoSchedule", "NoExecute"}, taint.Effect) {
			c.Report(fmt.Sprintf("%staints[%d]", at, i), taint.Key+":"+taint.Effect, "is no taint",
				"give a key and one of NoSchedule, PreferNoSchedule and NoExecute")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		ofTheirs := func(domain string) bool { return strings.Contains(key, domain+"/") }
		switch {
		case ofTheirs("kubernetes.io") || ofTheirs("k8s.io"):
			c.Report(at+"labels", key, "is a label of Kubernetes itself, which nodes cannot give themselves", "choose another one")
		case slices.ContainsFunc(domains, ofTheirs):
			c.Report(at+"labels", key, "is a label that the cloud keeps for itself", "choose another one")
		}
	}
}
