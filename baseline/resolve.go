package baseline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Resolved is what a level and a version of the baseline ask of one stack, and what becomes of it there.
type Resolved struct {
	Level    Level
	Version  Version
	Provider Provider

	// Controls of that level and version, in the order of the catalogue.
	Controls []ResolvedControl
}

// ResolvedControl is a control with what becomes of it in one stack.
type ResolvedControl struct {
	Control

	// State is what holds on the provider, or StateWaived if there is a waiver, however small its scope.
	State State

	// Waivers of the control. Outside their scopes it is as if there were none.
	Waivers []Waiver
}

// Resolve returns what the current catalogue asks of a stack at a moment.
//
// The error is Faults with everything that is wrong at once: an unknown level, version or provider, waivers of unknown
// controls or of ones that there is nothing to waive of, waivers without reason or owner, and waivers that are over.
func Resolve(level Level, version Version, provider Provider, waivers []Waiver, now time.Time) (Resolved, error) {
	return Current().Resolve(level, version, provider, waivers, now)
}

// ResolveStanding is Resolve for a stack that stands already: waivers that are over are no fault, and count as they did when
// it was made. Resolved.At says what is asked of it now.
func ResolveStanding(level Level, version Version, provider Provider, waivers []Waiver, now time.Time) (Resolved, error) {
	return Current().resolve(level, version, provider, waivers, now, true)
}

// Resolve is Resolve for a catalogue of one's own.
func (c Catalogue) Resolve(
	level Level, version Version, provider Provider, waivers []Waiver, now time.Time,
) (Resolved, error) {
	return c.resolve(level, version, provider, waivers, now, false)
}

func (c Catalogue) resolve(
	level Level, version Version, provider Provider, waivers []Waiver, now time.Time, stands bool,
) (Resolved, error) {
	faults := c.wrongChoices(level, version, provider)
	resolved := Resolved{Level: level, Version: version, Provider: provider}
	for _, control := range c.Controls {
		if slices.Contains(control.Levels, level) && control.in(version) {
			resolved.Controls = append(resolved.Controls, ResolvedControl{
				Control: control, State: control.Enforcement[provider].State,
			})
		}
	}
	for i, waiver := range waivers {
		path := fmt.Sprintf("waivers[%d]", i)
		faults = append(faults, c.wrongControl(resolved, waiver, path)...)
		faults = append(faults, waiver.faults(path, now)...)
		if !stands && waiver.Over(now) {
			faults.add(path+".expires", waiver.Expires, "is past: the waiver is over",
				"remove the waiver and what needs it, or decide again and give it a new day")
		}
		double := func(other Waiver) bool { return other.Control == waiver.Control && other.Scope == waiver.Scope }
		if first := slices.IndexFunc(waivers, double); first < i {
			faults.add(path, string(waiver.Control)+" "+string(waiver.Scope),
				fmt.Sprintf("is waived by waivers[%d] already", first), "remove one")
		}
		if at := resolved.index(waiver.Control); at >= 0 {
			resolved.Controls[at].State = StateWaived
			resolved.Controls[at].Waivers = append(resolved.Controls[at].Waivers, waiver)
		}
	}
	if len(faults) > 0 {
		return Resolved{}, faults
	}
	return resolved, nil
}

// At returns what is asked at a moment, and the waivers that are over by then: they let nothing go any more.
func (r Resolved) At(now time.Time) (resolved Resolved, over []Waiver) {
	controls := slices.Clone(r.Controls)
	for i, control := range controls {
		var holding []Waiver
		for _, waiver := range control.Waivers {
			if waiver.Over(now) {
				over = append(over, waiver)
			} else {
				holding = append(holding, waiver)
			}
		}
		if control.State == StateWaived && len(holding) == 0 {
			controls[i].State = control.Enforcement[r.Provider].State
		}
		controls[i].Waivers = holding
	}
	r.Controls = controls
	return r, over
}

// On returns what is left of it on a version of Kubernetes: what that version cannot do is not applicable, waived or not.
func (r Resolved) On(version KubernetesVersion) Resolved {
	controls := slices.Clone(r.Controls)
	for i, control := range controls {
		if control.Kubernetes == "" || version.Has(control.Kubernetes) {
			continue
		}
		controls[i].State = StateNotApplicable
		controls[i].Enforcement = maps.Clone(control.Enforcement)
		controls[i].Enforcement[r.Provider] = notApplicable(fmt.Sprintf("Kubernetes can do it from %s on, and this is %s",
			control.Kubernetes, version))
	}
	r.Controls = controls
	return r
}

// in says whether a version of the baseline has the control.
func (c Control) in(version Version) bool {
	return c.Since <= version && (c.Until == "" || version < c.Until)
}

func (c Catalogue) wrongChoices(level Level, version Version, provider Provider) Faults {
	var faults Faults
	if !slices.Contains(Levels(), level) {
		faults.add("level", string(level), "is not a level of the baseline", "use one of "+list(Levels()))
	}
	if !slices.Contains(c.Versions, version) {
		faults.add("version", string(version), "is not a version of the baseline", "use one of "+list(c.Versions))
	}
	if !slices.Contains(Providers(), provider) {
		faults.add("provider", string(provider), "is not a known provider", "use one of "+list(Providers()))
	}
	return faults
}

// wrongControl says why there is nothing that a waiver could waive.
func (c Catalogue) wrongControl(resolved Resolved, waiver Waiver, path string) Faults {
	var faults Faults
	report := func(rule, remedy string) { faults.add(path+".control", string(waiver.Control), rule, remedy) }
	known := slices.IndexFunc(c.Controls, func(control Control) bool { return control.ID == waiver.Control })
	if known < 0 {
		report("is not a control", "use an ID of docs/reference/controls.md")
		return faults
	}
	at, enforcement := resolved.index(waiver.Control), c.Controls[known].Enforcement[resolved.Provider]
	switch {
	case at < 0 && len(c.wrongChoices(resolved.Level, resolved.Version, resolved.Provider)) > 0:
		// Of a level or version that there is none of, nothing is part.
	case at < 0 && !c.Controls[known].in(resolved.Version):
		report("is not part of baseline version "+string(resolved.Version), "remove the waiver")
	case at < 0:
		report("is not part of level "+string(resolved.Level), "remove the waiver")
	case !enforcement.holds():
		report("does not hold on "+string(resolved.Provider)+" in any case ("+string(enforcement.State)+")",
			"remove the waiver")
	}
	return faults
}

func (r Resolved) index(id ControlID) int {
	return slices.IndexFunc(r.Controls, func(control ResolvedControl) bool { return control.ID == id })
}

// Has says whether the stack is asked to have a control: whether its level and version of the baseline do.
func (r Resolved) Has(id ControlID) bool { return r.index(id) >= 0 }

// Waived says whether the stack goes without a control in a scope. A waiver for the cluster covers every scope.
func (r Resolved) Waived(id ControlID, scope Scope) bool {
	at := r.index(id)
	return at >= 0 && slices.ContainsFunc(r.Controls[at].Waivers, func(waiver Waiver) bool {
		return waiver.Scope.covers(scope)
	})
}

// Requires says whether the stack must have a control in a scope: whether its level and version of the baseline do, and
// nobody has waived it there. Of what is not a valid baseline nothing is known, and everything is required.
func (r Resolved) Requires(id ControlID, scope Scope) bool {
	return r.Controls == nil || r.Has(id) && !r.Waived(id, scope)
}

// In returns the controls that are in a state.
func (r Resolved) In(state State) []ResolvedControl {
	var found []ResolvedControl
	for _, control := range r.Controls {
		if control.State == state {
			found = append(found, control)
		}
	}
	return found
}

func list[T ~string](values []T) string {
	names := make([]string, 0, len(values))
	for _, value := range values {
		names = append(names, string(value))
	}
	return strings.Join(names, ", ")
}
