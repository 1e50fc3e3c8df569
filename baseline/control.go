package baseline

import "slices"

// ControlID names a control, such as RMP-NET-003. It never changes its meaning and is never given to another control:
// docs/decisions/0009-controls.md.
type ControlID string

// Control is one thing that keeps an attacker out, or leaves a trace of one, and that somebody can check.
type Control struct {
	ID ControlID

	// Title says in one line what holds where the control is enforced.
	Title string

	// Why says in one line what could happen without it.
	Why string

	Severity Severity

	// References are the items of public frameworks that the control answers, wholly or together with other controls.
	References []Reference

	// Enforcement says for each provider who enforces the control, or why nobody does.
	Enforcement map[Provider]Enforcement

	// Proof is the test that would fail if the control did not hold: a package's folder, a dot, and a test function,
	// such as tests/e2e.TestTenantsAreIsolated. Empty only while no provider enforces the control.
	Proof string

	// Since is the first version of the baseline that has the control. Stacks that pin an older version go on without.
	Since Version

	// Until is the first version that no longer has it. Empty: all do.
	Until Version

	// Levels that have the control.
	Levels []Level

	// Kubernetes is the first minor release that can do what the control asks for, and later ones can too. A cluster of an
	// earlier one goes without: Resolved.On. Empty: all that are supported can.
	Kubernetes MinorRelease

	// WhenWaived says what a waiver lets a stack do. Empty: nothing changes, and the waiver only states for the record
	// that somebody answers for the control not holding.
	WhenWaived string
}

// Area of a control: the middle part of its ID.
func (c Control) Area() Area {
	const prefix, digits = len("RMP-"), len("-000")
	if len(c.ID) < prefix+digits {
		return ""
	}
	return Area(c.ID[prefix : len(c.ID)-digits])
}

// Area is a part of a cluster that controls are grouped by.
type Area string

// Severity says how much an attacker gains where a control does not hold.
type Severity string

// Severities, the worst first.
const (
	// SeverityCritical gives the cluster, or every secret in it, away.
	SeverityCritical Severity = "critical"
	// SeverityHigh gives a tenant or a node away, or hides that it was.
	SeverityHigh Severity = "high"
	// SeverityMedium makes another attack easier or its damage larger.
	SeverityMedium Severity = "medium"
	// SeverityLow is good order.
	SeverityLow Severity = "low"
)

// Severities lists them, the mildest first.
func Severities() []Severity {
	return []Severity{SeverityLow, SeverityMedium, SeverityHigh, SeverityCritical}
}

// AtLeast says whether a severity is as bad as another, or worse.
func (s Severity) AtLeast(least Severity) bool {
	return slices.Index(Severities(), s) >= slices.Index(Severities(), least)
}
