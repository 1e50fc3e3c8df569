package baseline

// Enforcement says how a control comes to hold on one provider, or why it does not.
type Enforcement struct {
	State State

	// Component that enforces the control, or is going to: the folder of a package of ours, such as components/isolation.
	// Its function Controls claims the control once it is enforced.
	Component string

	// Proof is the test that would fail if the control did not hold on this provider. Empty: the control's own, which is that
	// of a component that is the same on every provider. What a provider enforces has a proof of its own.
	Proof string

	// Setting is what of the cloud enforces the control.
	Setting string

	// Reason why the control is not applicable or not possible.
	Reason string
}

// holds says whether anything enforces the control.
func (e Enforcement) holds() bool { return e.State == StateEnforced || e.State == StateByCloud }

// State is what becomes of a control on one provider or in one stack.
type State string

// States of a control, which Meaning explains. All but StateWaived are facts of a provider; a waiver is a stack's.
const (
	StateEnforced      State = "enforced"
	StateByCloud       State = "by the cloud"
	StatePlanned       State = "planned"
	StateNotApplicable State = "not applicable"
	StateNotPossible   State = "not possible"
	StateWaived        State = "waived"
)

// Meaning says what a state means. It is the same on every provider, and the one place that says it.
func (s State) Meaning() string {
	switch s {
	case StateEnforced:
		return "a package of ours makes it hold, by what it puts into the cluster or on its nodes, or by a setting that it asks the " +
			"cloud for; a named test fails if it no longer does. On kind most tests attack a running cluster; a few read what is made. " +
			"No test reaches a cloud: there it holds the inputs of what is made, or runs the stack through the real engine, and " +
			"what goes into the cluster is proven on a real API server or on kind"
	case StateByCloud:
		return "the cloud makes it hold by itself, whatever a stack asks for. No test of ours could fail: it is the cloud's word"
	case StatePlanned:
		return "nothing enforces it yet"
	case StateNotApplicable:
		return "there is nothing that it could hold for, for the reason that is given"
	case StateNotPossible:
		return "it cannot be enforced there, for the reason that is given"
	case StateWaived:
		return "a stack goes without it, for a reason and until a date"
	default:
		return "unknown"
	}
}

// enforcedBy is the enforcement of a control by a component of ours.
func enforcedBy(component string) Enforcement {
	return Enforcement{State: StateEnforced, Component: component}
}

// provenBy is the enforcement of a control by the provider of a cloud, with the test that proves it.
func provenBy(provider Provider, proof string) Enforcement {
	return Enforcement{State: StateEnforced, Component: "providers/" + string(provider), Proof: proof}
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

// column is what holds for every control on one cloud.
type column map[ControlID]Enforcement

func (c column) set(enforcement Enforcement, ids ...ControlID) {
	for _, id := range ids {
		c[id] = enforcement
	}
}

// ofCloud starts the column of a cloud with what is the same on all of them: the components in the cluster, and what only
// machines of ours could have.
func ofCloud(name, owner string) column {
	c := column{}
	c.set(enforcedBy("components/access"), "RMP-ACC-001", "RMP-ACC-002", "RMP-ACC-003", "RMP-ACC-004", "RMP-ACC-005",
		"RMP-ACC-006", "RMP-ACC-007")
	c.set(enforcedBy("components/admission"), "RMP-ADM-003", "RMP-ADM-004", "RMP-ADM-005", "RMP-ADM-006", "RMP-ADM-007",
		"RMP-ADM-008", "RMP-ADM-009", "RMP-ADM-010", "RMP-ADM-011", "RMP-ADM-012", "RMP-IMG-001", "RMP-IMG-002",
		"RMP-IMG-003")
	c.set(enforcedBy("components/isolation"), "RMP-NET-003", "RMP-NET-004", EgressAnywhere)
	c.set(enforcedBy("components/tenant"), "RMP-DAT-010", "RMP-TEN-001", "RMP-TEN-002", "RMP-TEN-003", "RMP-TEN-004")
	c.set(notPossible(name+" admits to Pod Security \"privileged\" where a namespace has no label, and its admission cannot be "+
		"configured; tenants' namespaces have the label"), "RMP-ADM-001", "RMP-ADM-002")
	c.set(notPossible(name+"'s API server takes no policies but those in the API"), "RMP-ADM-013")
	c.set(notPossible(name+" sets the floor of its API server itself, TLS 1.2, and it cannot be raised"), "RMP-CPL-001")
	c.set(byCloud(name+"'s own suites"), "RMP-CPL-002")
	c.set(notApplicable("the API server is not on this machine"), "RMP-CPL-003")
	c.set(notApplicable("the machines of the control plane are "+owner+"'s, which answers for them in its attestations"),
		"RMP-CPL-004", "RMP-CPL-016", "RMP-CPL-017", "RMP-CPL-018", "RMP-CPL-019", "RMP-DAT-002", "RMP-DAT-003",
		"RMP-DAT-004", "RMP-DAT-005", "RMP-DAT-008", "RMP-OPS-003")
	c.set(notApplicable("nothing of the cluster is on this machine"), "RMP-DAT-006")
	return c
}
