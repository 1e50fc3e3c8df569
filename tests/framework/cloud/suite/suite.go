// Package suite is what the stacks of every cloud are held to through the real engine: the plan that people review, up by
// stages, up again, the order of what is made and deleted, and the days of a cluster. What is real in it, says package cloud.
package suite

import (
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// Cloud says what is different about one. Names of resources are written without their cluster's: secrets-key of
// eks-prod-secrets-key.
type Cloud struct {
	// Name is what its stacks are called by: eks of eks-dev and eks-prod. Package is that of Pulumi: aws.
	Name, Package string

	// Orders of what is made, and Deletions of what goes, that the cloud punishes, some at once and some only later.
	Orders, Deletions []Order

	// BeforeLayers brings a new cluster what the cloud itself puts into it, which is what the layers above build on. Nil: nothing.
	BeforeLayers func(t *testing.T, made *Installation, server *apiserver.Server)

	// Created looks at the requests that have made a cluster, at what a plan cannot show. Nil: at nothing.
	Created func(t *testing.T, made *Installation, calls []cloud.Call)

	// Pools is where the stack file has the groups of nodes, and Pool the one of them that changes in a cluster's days.
	Pools string
	Pool  int

	// Days are the changes of a cluster, one after the other.
	Days []Day

	// Drift is a resource that somebody changes by hand, and the change.
	Drift Drift
}

// Day is a change of a stack, and what it does.
type Day struct {
	Name string

	// Version of Kubernetes from that day on. Empty: as before.
	Version string

	// Nodes are settings of the pool from that day on, beside those of the days before.
	Nodes map[string]any

	// Updated, Created and Deleted are exactly the resources that are.
	Updated, Created, Deleted []string

	// Order of the changes.
	Order *Order
}

// Drift is a change by hand of outputs of a resource.
type Drift struct {
	Name    string
	Outputs map[string]any
}

// Versions that a cluster starts with and is upgraded to.
const (
	Before = "v1.34.0"
	After  = "v1.35.0"
)

// Production takes the stack of production from its plan to a refused end.
func (c Cloud) Production(t *testing.T) {
	t.Helper()
	c.take(t, "prod", []step{
		{"plan", c.comparePlan},
		{"up", c.up},
		{"up again changes nothing", c.upAgain},
		{"destroy is refused", c.refuseDestroy},
	})
}

// Life takes the stack of development from its plan through the days of a cluster to its end.
func (c Cloud) Life(t *testing.T) {
	t.Helper()
	life := &life{Cloud: c, settings: settings{version: Before, nodes: map[string]any{}}}
	steps := []step{{"plan", c.comparePlan}, {"up", life.begin}}
	for _, day := range c.Days {
		steps = append(steps, step{day.Name, func(t *testing.T, made *Installation) { t.Helper(); life.day(t, made, day) }})
	}
	c.take(t, "dev", append(steps,
		step{"another name is refused", life.refuseAnotherName},
		step{"what was changed by hand is put back", c.putBack},
		step{"destroy takes things away in the order that the cloud wants", c.destroy},
	))
}

// step of a stack's way.
type step struct {
	name string
	do   func(t *testing.T, made *Installation)
}

// take takes a stack through steps, each of which builds on the one before. The plan can be had alone (-run /plan).
func (c Cloud) take(t *testing.T, environment string, steps []step) {
	t.Helper()
	made := c.install(t, c.Name+"-"+environment)
	for _, step := range steps {
		if !t.Run(step.name, func(t *testing.T) { step.do(t, made) }) {
			return
		}
	}
}
