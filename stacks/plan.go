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
		Provider: c.Provider, Cluster: c.Cluster.Name, KubernetesVersion: c.KubernetesVersion(), Controls: resolved,
		Warnings: c.warnings(now),
	}, nil
}

// warnings are what is not wrong, and should be known before the stack is made.
func (c Config) warnings(now time.Time) []string {
	warnings := c.oneSided()
	if support := c.SupportWarning(now); support != "" {
		warnings = append(warnings, support)
	}
	return warnings
}
