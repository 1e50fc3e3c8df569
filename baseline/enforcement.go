package baseline

// Enforcement says how a control comes to hold on one provider, or why it does not.
type Enforcement struct {
	State State

	// Component that enforces the control, or is going to: the folder of a package of ours, such as components/isolation.
	// Its function Controls claims the control once it is enforced.
	Component string

	// Proof is the test that would fail if the control did not hold on this provider. Empty: the control's own.
	Proof string

	// Setting of the cloud that enforces the control.
	Setting string

	// Reason why the control is not applicable or not possible.
	Reason string
}

// holds says whether anything enforces the control.
func (e Enforcement) holds() bool { return e.State == StateEnforced || e.State == StateByCloud }

// State is what becomes of a control on one provider or in one stack.
type State string

// States of a control. All but StateWaived are facts of a provider; a waiver is a stack's.
const (
	// StateEnforced means that a component of ours enforces it.
	StateEnforced State = "enforced"
	// StateByCloud means that the cloud enforces it, with a setting of ours.
	StateByCloud State = "by the cloud"
	// StatePlanned means that nothing enforces it yet.
	StatePlanned State = "planned"
	// StateNotApplicable means that there is nothing that it could hold for.
	StateNotApplicable State = "not applicable"
	// StateNotPossible means that it cannot be enforced there, for a reason.
	StateNotPossible State = "not possible"
	// StateWaived means that a stack goes without it, for a reason and until a date.
	StateWaived State = "waived"
)

// enforcedBy is the enforcement of a control by a component of ours.
func enforcedBy(component string) Enforcement {
	return Enforcement{State: StateEnforced, Component: component}
}

// byCloud is a control that the cloud itself enforces.
func byCloud(setting string) Enforcement {
	return Enforcement{State: StateByCloud, Setting: setting}
}

// plannedFor is a control that a component of ours does not enforce yet.
func plannedFor(component string) Enforcement {
	return Enforcement{State: StatePlanned, Component: component}
}

// notApplicable is a control that has nothing to hold for, with the reason.
func notApplicable(reason string) Enforcement {
	return Enforcement{State: StateNotApplicable, Reason: reason}
}

// notPossible is a control that cannot be enforced, with the reason.
func notPossible(reason string) Enforcement {
	return Enforcement{State: StateNotPossible, Reason: reason}
}

// onKind is what holds for a control on clusters of containers.
func onKind(enforcement Enforcement) map[Provider]Enforcement {
	return map[Provider]Enforcement{ProviderKind: enforcement}
}
