package stacks

import (
	"fmt"
	"time"

	"github.com/rampart-iac/rampart/plan"
)

// Subject is what a plan has to know of the configuration beside what the program asks for, at a moment.
func (c Config) Subject(now time.Time) (plan.Subject, error) {
	resolved, err := c.Resolve(now)
	if err != nil {
		return plan.Subject{}, fmt.Errorf("the baseline of this stack:\n%w", err)
	}
	return plan.Subject{
		Provider: c.Provider, Cluster: c.Cluster.Name, KubernetesVersion: c.Cluster.KubernetesVersion, Controls: resolved,
	}, nil
}
