package plan

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// Plan is what a stack will make, before it is made.
type Plan struct {
	// Schema is the version of this form.
	Schema string `json:"schema"`

	Stack    string `json:"stack"`
	Provider string `json:"provider"`
	Cluster  string `json:"cluster"`

	// Region of the cloud; nothing on this machine.
	Region string `json:"region,omitempty"`

	KubernetesVersion string `json:"kubernetesVersion"`

	// Time that making it takes, as the cloud documents it; nil where nobody does.
	Time *Time `json:"time,omitempty"`

	// Warnings are what is not wrong, and should be known before the stack is made.
	Warnings []string `json:"warnings,omitempty"`

	Groups     []Group  `json:"groups"`
	Controls   Controls `json:"controls"`
	Public     Public   `json:"public"`
	Identities []Grant  `json:"identities"`

	// Cost is nil where nothing is paid for.
	Cost *Cost `json:"cost,omitempty"`
}

// Time is how long something takes.
type Time struct {
	LeastMinutes int `json:"leastMinutes"`
	MostMinutes  int `json:"mostMinutes"`
}

// times that a new cluster takes, with its nodes, as docs/eks.md and its like have them. Nobody has measured them.
var times = map[string]Time{"eks": {15, 20}, "aks": {10, 20}, "gke": {10, 20}}

// schema changes when a field changes its meaning or goes.
const schema = "rampart.plan/v1"

// Subject is what the configuration of a stack says of it.
type Subject struct {
	Provider, Cluster string
	KubernetesVersion baseline.KubernetesVersion
	Controls          baseline.Resolved

	// Warnings are those of the configuration.
	Warnings []string
}

// New judges what a program recorded. The error is of the table of prices.
func New(record Record, of Subject) (Plan, error) {
	where := region(record)
	cost, err := estimate(record, where)
	if err != nil {
		return Plan{}, err
	}
	var takes *Time
	if known, ok := times[of.Provider]; ok {
		takes = &known
	}
	return Plan{
		Schema: schema, Time: takes, Stack: record.Stack, Provider: of.Provider, Cluster: of.Cluster, Region: where,
		KubernetesVersion: string(of.KubernetesVersion), Warnings: of.Warnings, Groups: groups(record), Controls: controls(of.Controls),
		Public: public(record), Identities: identities(record), Cost: cost,
	}, nil
}

// region is the one that the cluster is in.
func region(record Record) string {
	for _, each := range record.Resources {
		switch each.Type {
		case "pulumi:providers:aws":
			return each.Text("region")
		case "pulumi:providers:gcp":
			return each.Text("region")
		}
		if each.Kind() == "azure-native:ManagedCluster" {
			return each.Text("location")
		}
	}
	return ""
}

// Controls is what the baseline asks of the stack, and what becomes of it.
type Controls struct {
	Level   string `json:"level"`
	Version string `json:"version"`

	// States in the order of the catalogue's meaning, without those that no control is in.
	States []ControlState `json:"states"`
}

// ControlState are the controls that one thing becomes of.
type ControlState struct {
	State    string    `json:"state"`
	Controls []Control `json:"controls"`
}

// Control is one control of the catalogue.
type Control struct {
	ID    string `json:"id"`
	Title string `json:"title"`

	// By is what enforces it, or why nothing does.
	By string `json:"by,omitempty"`
}

func controls(resolved baseline.Resolved) Controls {
	found := Controls{Level: string(resolved.Level), Version: string(resolved.Version)}
	for _, state := range []baseline.State{
		baseline.StateEnforced, baseline.StateByCloud, baseline.StateWaived, baseline.StatePlanned, baseline.StateNotPossible,
		baseline.StateNotApplicable,
	} {
		group := ControlState{State: string(state)}
		for _, each := range resolved.In(state) {
			group.Controls = append(group.Controls, Control{
				ID: string(each.ID), Title: each.Title, By: why(each, resolved.Provider),
			})
		}
		if len(group.Controls) > 0 {
			found.States = append(found.States, group)
		}
	}
	return found
}

// why is what enforces a control, who goes without it, or why it cannot be had.
func why(control baseline.ResolvedControl, provider baseline.Provider) string {
	if control.State != baseline.StateWaived {
		by := control.Enforcement[provider]
		return cmp.Or(by.Component, by.Setting, by.Reason)
	}
	var waivers []string
	for _, waiver := range control.Waivers {
		waivers = append(waivers, fmt.Sprintf("in %s until %s, %s answers for it: %s", waiver.Scope, waiver.Expires, waiver.Owner,
			waiver.Reason))
	}
	return strings.Join(waivers, "; ")
}
