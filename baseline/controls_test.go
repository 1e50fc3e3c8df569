package baseline

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var controlID = regexp.MustCompile(`^RMP-([A-Z]{3})-(\d{3})$`)

func TestControlsHaveTheirParts(t *testing.T) {
	t.Parallel()
	var areas []Area
	for _, each := range Areas() {
		areas = append(areas, each.Area)
	}
	seen := map[ControlID]bool{}
	last := ""
	for _, control := range Controls() {
		report := func(format string, arguments ...any) {
			t.Errorf("%s: "+format, append([]any{control.ID}, arguments...)...)
		}
		if !controlID.MatchString(string(control.ID)) {
			report("the ID is not of the form %s", controlID)
		}
		if seen[control.ID] {
			report("the ID is there twice")
		}
		seen[control.ID] = true
		area := slices.Index(areas, control.Area())
		if area < 0 {
			report("unknown area %q", control.Area())
		}
		// A letter for the area makes the order of the catalogue that of the text.
		if place := string(rune('a'+area)) + string(control.ID); place < last {
			report("stands behind %s", last[1:])
		} else {
			last = place
		}
		for name, line := range map[string]string{"title": control.Title, "why": control.Why} {
			if line == "" || strings.ContainsAny(line, "\n|") {
				report("the %s is not one line of text: %q", name, line)
			}
		}
		if strings.HasSuffix(control.Title, ".") || !strings.HasSuffix(control.Why, ".") {
			report("titles have no full stop, reasons have one")
		}
		if !slices.Contains([]Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow}, control.Severity) {
			report("severity %q", control.Severity)
		}
		if len(control.References) == 0 {
			report("no reference")
		}
		if !slices.Contains(Current().Versions, control.Since) {
			report("since version %q, which there is none of", control.Since)
		}
		if !slices.Contains(control.Levels, LevelRestricted) {
			report("not at level restricted, which has every control")
		}
	}
}

func TestEveryProviderHasAnEnforcementThatSaysWhatItMust(t *testing.T) {
	t.Parallel()
	for _, control := range Controls() {
		enforced := false
		for _, provider := range Providers() {
			enforcement, ok := control.Enforcement[provider]
			if !ok {
				t.Errorf("%s does not say what holds on %s", control.ID, provider)
				continue
			}
			enforced = enforced || enforcement.holds() && enforcement.Proof == ""
			want := map[State]Enforcement{
				StateEnforced:      {State: StateEnforced, Component: enforcement.Component, Proof: enforcement.Proof},
				StatePlanned:       {State: StatePlanned, Component: enforcement.Component},
				StateByCloud:       {State: StateByCloud, Setting: enforcement.Setting},
				StateNotApplicable: {State: StateNotApplicable, Reason: enforcement.Reason},
				StateNotPossible:   {State: StateNotPossible, Reason: enforcement.Reason},
			}[enforcement.State]
			if enforcement != want || enforcement.Component+enforcement.Setting+enforcement.Reason == "" {
				t.Errorf("%s on %s: %+v has not the one detail that its state needs", control.ID, provider, enforcement)
			}
		}
		if len(control.Enforcement) != len(Providers()) {
			t.Errorf("%s speaks of a provider that there is none of: %v", control.ID, control.Enforcement)
		}
		switch {
		case enforced && control.Proof == "":
			t.Errorf("%s is enforced without proof", control.ID)
		case !enforced && control.Proof != "":
			t.Errorf("%s has a proof, and nothing enforces it", control.ID)
		}
	}
}

// TestWhatAProviderEnforcesIsProvenThere: another provider's test says nothing of the settings of a cloud. What a component
// enforces is proven once, for it is the same everywhere.
func TestWhatAProviderEnforcesIsProvenThere(t *testing.T) {
	t.Parallel()
	for _, control := range Controls() {
		for _, provider := range []Provider{ProviderEKS, ProviderAKS, ProviderGKE} {
			enforcement := control.Enforcement[provider]
			own := strings.HasPrefix(enforcement.Component, "providers/")
			switch {
			case enforcement.State != StateEnforced && enforcement.Proof != "":
				t.Errorf("%s on %s is %s, and has a proof", control.ID, provider, enforcement.State)
			case enforcement.State != StateEnforced:
			case own && enforcement.Component != "providers/"+string(provider):
				t.Errorf("%s on %s is enforced by %s", control.ID, provider, enforcement.Component)
			case own && !provenAt(provider, enforcement.Proof):
				t.Errorf("%s on %s is proven by %q, which is no test of that provider", control.ID, provider, enforcement.Proof)
			case !own && control.Proof == "":
				t.Errorf("%s on %s is enforced by %s without proof", control.ID, provider, enforcement.Component)
			}
		}
	}
	if provenAt(ProviderEKS, "providers/aks.TestCISItems") || provenAt(ProviderEKS, "") {
		t.Error("control: takes another provider's test, or none")
	}
}

func provenAt(provider Provider, proof string) bool {
	folder, _, _ := strings.Cut(proof, ".")
	name := string(provider)
	return slices.Contains([]string{"providers/" + name, "providers/" + name + "/spec", "tests/engine/" + name}, folder)
}

// TestStatesAreExplained: each has a meaning, and what is no state has none.
func TestStatesAreExplained(t *testing.T) {
	t.Parallel()
	for _, state := range []State{
		StateEnforced, StateByCloud, StatePlanned, StateNotApplicable, StateNotPossible, StateWaived,
	} {
		if state.Meaning() == State("").Meaning() {
			t.Errorf("nobody says what %s means", state)
		}
	}
}
