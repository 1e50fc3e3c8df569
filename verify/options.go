package verify

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/baseline"
)

// Options of a run.
type Options struct {
	// Attacks that there are: those of verify/attacks.
	Attacks []Attack

	// Elsewhere are the controls that do not show on a running cluster, each with the reason.
	Elsewhere map[baseline.ControlID]string

	// Baseline is what is asked of the cluster, with the waivers. One that is over lets nothing go, and the result says so.
	// Default: all that the current version asks of a kind cluster at level restricted.
	Baseline baseline.Resolved

	// TLSFloor is the lowest TLS version that the stack lets the control plane speak. Default: 1.3.
	TLSFloor baseline.TLSVersion

	// Controls and Areas to verify. Default: all.
	Controls []baseline.ControlID
	Areas    []baseline.Area

	// Stack is the name of the stack that made the cluster, for the record. Empty: none of ours did.
	Stack string

	// Progress gets a line for each attack. Default: nobody is told.
	Progress io.Writer
}

func (o Options) withDefaults() (Options, error) {
	var err error
	if o.Baseline.Controls == nil {
		o.Baseline, err = baseline.Resolve(
			baseline.LevelRestricted, baseline.Version202611, baseline.ProviderKind, nil, time.Now())
	}
	if o.TLSFloor == "" {
		o.TLSFloor = baseline.TLS13
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o, err
}

// Validate reports every control and area that there is none of.
func (o Options) Validate() error {
	var faults []error
	for _, id := range o.Controls {
		if !slices.ContainsFunc(baseline.Controls(), func(control baseline.Control) bool { return control.ID == id }) {
			faults = append(faults, fmt.Errorf("control %q: there is no such control: docs/reference/controls.md lists them", id))
		}
	}
	var known []string
	for _, area := range baseline.Areas() {
		known = append(known, string(area.Area))
	}
	for _, area := range o.Areas {
		if !slices.Contains(known, string(area)) {
			faults = append(faults, fmt.Errorf("area %q: there is no such area: use one of %s", area, strings.Join(known, ", ")))
		}
	}
	return errors.Join(faults...)
}

// waiversOf repeats waivers of a control.
func waiversOf(waivers []baseline.Waiver) []Waiver {
	repeated := []Waiver{}
	for _, each := range waivers {
		repeated = append(repeated, Waiver{Scope: each.Scope, Reason: each.Reason, Owner: each.Owner, Expires: each.Expires})
	}
	return repeated
}

// chosen says whether a control was asked for.
func (o Options) chosen(control baseline.Control) bool {
	if len(o.Controls) == 0 && len(o.Areas) == 0 {
		return true
	}
	return slices.Contains(o.Controls, control.ID) || slices.Contains(o.Areas, control.Area())
}

// settled is the result of a control that is not attacked; ok says that it is not. The cluster's nodes may be remote.
func (o Options) settled(control baseline.ResolvedControl, remote bool) (result Result, ok bool) {
	result = Result{
		Control: control.ID, Title: control.Title, Area: control.Area(), Severity: control.Severity,
		Risk: control.Why, References: []string{}, Waivers: waiversOf(control.Waivers), Attacks: []AttackResult{},
	}
	for _, reference := range control.References {
		result.References = append(result.References, string(reference.Framework)+": "+reference.Item)
	}
	enforcement := control.Enforcement[o.Baseline.Provider]
	switch control.State {
	case baseline.StateWaived:
		var reasons []string
		for _, waiver := range control.Waivers {
			reasons = append(reasons, fmt.Sprintf("%s (%s, for %s, until %s)", waiver.Reason, waiver.Owner, waiver.Scope, waiver.Expires))
		}
		result.Verdict, result.Evidence = Waived, strings.Join(reasons, "; ")
		return result, true
	case baseline.StateNotApplicable, baseline.StateNotPossible:
		result.Verdict, result.Evidence = NotApplicable, enforcement.Reason
		return result, true
	case baseline.StatePlanned:
		result.Verdict, result.Why = NotVerifiable, WhyPlanned
		result.Evidence = "nothing enforces it yet; it is planned for " + enforcement.Component
		return result, true
	}
	reason, elsewhere := o.Elsewhere[control.ID]
	attacked, possible := false, false
	for _, attack := range o.Attacks {
		if slices.Contains(attack.Proves, control.ID) {
			attacked = true
			possible = possible || !remote || !slices.Contains(attack.Needs, NeedNodes)
		}
	}
	switch {
	case possible && !elsewhere:
		return result, false
	case control.State == baseline.StateByCloud:
		result.Verdict, result.Why = NotVerifiable, WhyByCloud
		result.Evidence = "the cloud answers for it, and lets nobody look: " + enforcement.Setting
	case elsewhere:
		result.Verdict, result.Why = NotVerifiable, WhyElsewhere
		result.Evidence = reason + ": see " + proofOf(control, enforcement)
	case attacked:
		result.Verdict, result.Why = NotVerifiable, WhyElsewhere
		result.Evidence = "it shows on the nodes, which are machines of the cloud's that let nobody in: see " +
			proofOf(control, enforcement)
	default:
		result.Verdict, result.Why, result.Evidence = NotVerifiable, WhyPrevented, "there is no attack on it"
	}
	return result, true
}

// proofOf is the test that proves a control on the provider.
func proofOf(control baseline.ResolvedControl, enforcement baseline.Enforcement) string {
	if enforcement.Proof != "" {
		return enforcement.Proof
	}
	return control.Proof
}
