package stacks

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
)

// Baseline is what a stack asks of itself.
type Baseline struct {
	// Level is restricted or baseline.
	Level baseline.Level `config:"level"`

	// Version of the baseline. A stack that names one keeps its set of controls whatever later versions ask for.
	Version baseline.Version `config:"version"`

	// Waivers are the controls that the stack goes without for a while.
	Waivers []Waiver `config:"waivers"`
}

// Waiver is the decision to go without a control for a while.
type Waiver struct {
	// Control is an ID of docs/reference/controls.md.
	Control baseline.ControlID `config:"control"`

	// Scope is the part of the cluster that goes without: cluster, tenant/<name> or namespace/<name>.
	Scope baseline.Scope `config:"scope"`

	// Reason, a sentence, and Owner, who answers for it.
	Reason string `config:"reason"`
	Owner  string `config:"owner"`

	// Expires is the last day, in UTC, as 2027-01-31: at most a year ahead.
	Expires string `config:"expires"`
}

// Resolve returns what the stack's level and version of the baseline ask for at a moment, and what becomes of it. The
// error is baseline.Faults.
func (c Config) Resolve(now time.Time) (baseline.Resolved, error) {
	return c.resolve(now, baseline.Resolve)
}

// ResolveStanding is Resolve for a stack that stands: baseline.ResolveStanding says what is different.
func (c Config) ResolveStanding(now time.Time) (baseline.Resolved, error) {
	return c.resolve(now, baseline.ResolveStanding)
}

func (c Config) resolve(now time.Time, resolve func(
	baseline.Level, baseline.Version, baseline.Provider, []baseline.Waiver, time.Time,
) (baseline.Resolved, error),
) (baseline.Resolved, error) {
	waivers := make([]baseline.Waiver, 0, len(c.Baseline.Waivers))
	for _, waiver := range c.Baseline.Waivers {
		waivers = append(waivers, baseline.Waiver(waiver))
	}
	resolved, err := resolve(c.Baseline.Level, c.Baseline.Version, baseline.Provider(c.Provider), waivers, now)
	return resolved.On(c.KubernetesVersion()), err
}

// baseline checks level, version and waivers, and keeps what they come to for the checks that ask whether a control is
// waived. If anything is wrong, nothing is.
func (v *validator) baseline() {
	resolve := v.config.Resolve
	if v.host.Standing {
		resolve = v.config.ResolveStanding
	}
	resolved, err := resolve(v.host.Now)
	v.resolved = resolved
	var faults baseline.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			// An unknown provider has its fault already.
			if fault.Field != "provider" {
				v.report("baseline."+fault.Field, fault.Value, "%s: %s", fault.Rule, fault.Remedy)
			}
		}
	}
	for i, waiver := range v.config.Baseline.Waivers {
		name, ok := waiver.Scope.Tenant()
		if ok && name != "" && !slices.ContainsFunc(v.config.Tenants, func(tenant Tenant) bool { return tenant.Name == name }) {
			v.report(fmt.Sprintf("baseline.waivers[%d].scope", i), waiver.Scope, "names a tenant that this stack does not have: "+
				"use one of rampart:tenants, or remove the waiver")
		}
	}
}

// baselineOutput tells what the stack is held to, for people and for reports.
func baselineOutput(resolved baseline.Resolved) pulumi.Map {
	waived := pulumi.Array{}
	for _, control := range resolved.In(baseline.StateWaived) {
		for _, waiver := range control.Waivers {
			waived = append(waived, pulumi.StringMap{
				"control": pulumi.String(string(waiver.Control)), "scope": pulumi.String(string(waiver.Scope)),
				"reason": pulumi.String(waiver.Reason), "owner": pulumi.String(waiver.Owner),
				"expires": pulumi.String(waiver.Expires),
			})
		}
	}
	output := pulumi.Map{
		"level":   pulumi.String(string(resolved.Level)),
		"version": pulumi.String(string(resolved.Version)),
		"waivers": waived,
	}
	counts := pulumi.IntMap{}
	for name, state := range map[string]baseline.State{
		"enforced": baseline.StateEnforced, "byCloud": baseline.StateByCloud, "waived": baseline.StateWaived,
		"planned": baseline.StatePlanned, "notApplicable": baseline.StateNotApplicable,
		"notPossible": baseline.StateNotPossible,
	} {
		controls := resolved.In(state)
		counts[name] = pulumi.Int(len(controls))
		list := pulumi.StringArray{}
		for _, control := range controls {
			list = append(list, pulumi.String(string(control.ID)))
		}
		output[name] = list
	}
	output["counts"] = counts
	return output
}

// baselineLine says in a line what the stack is held to.
func baselineLine(resolved baseline.Resolved) string {
	held := len(resolved.In(baseline.StateEnforced)) + len(resolved.In(baseline.StateByCloud))
	return fmt.Sprintf("%d of the %d controls of baseline %s, level %s", held, len(resolved.Controls), resolved.Version,
		resolved.Level)
}
