package baseline

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write what is generated instead of comparing it")

var today = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// small is a catalogue with a control of each kind.
func small() Catalogue {
	control := func(id ControlID, enforcement Enforcement, levels []Level) Control {
		return Control{ID: id, Enforcement: onKind(enforcement), Levels: levels, Since: "2026.11"}
	}
	return Catalogue{
		Versions: []Version{"2026.11"},
		Controls: []Control{
			control("RMP-TST-001", enforcedBy("a"), everyLevel()),
			control("RMP-TST-002", enforcedBy("a"), restrictedOnly()),
			control("RMP-TST-003", Enforcement{State: StateByCloud, Setting: "s"}, everyLevel()),
			control("RMP-TST-004", notPossible("r"), everyLevel()),
			control("RMP-TST-005", plannedFor("a"), everyLevel()),
			control("RMP-TST-006", notApplicable("r"), everyLevel()),
		},
	}
}

func waiver(change func(*Waiver)) Waiver {
	waiver := Waiver{
		Control: "RMP-TST-001", Scope: ScopeCluster, Reason: "The old software needs it.", Owner: "platform team",
		Expires: "2027-01-31",
	}
	change(&waiver)
	return waiver
}

func good(*Waiver) {}

func TestResolveSaysWhatBecomesOfEachControl(t *testing.T) {
	t.Parallel()
	resolved, err := small().Resolve(LevelRestricted, "2026.11", ProviderKind, []Waiver{
		waiver(func(w *Waiver) { w.Control, w.Scope = "RMP-TST-002", TenantScope("blue") }),
	}, today)
	if err != nil {
		t.Fatal(err)
	}
	for state, want := range map[State][]ControlID{
		StateEnforced: {"RMP-TST-001"}, StateWaived: {"RMP-TST-002"}, StateByCloud: {"RMP-TST-003"},
		StateNotPossible: {"RMP-TST-004"}, StatePlanned: {"RMP-TST-005"}, StateNotApplicable: {"RMP-TST-006"},
	} {
		if got := ids(resolved.In(state)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", state, got, want)
		}
	}
}

func ids(controls []ResolvedControl) []ControlID {
	var found []ControlID
	for _, control := range controls {
		found = append(found, control.ID)
	}
	return found
}

// TestAnOlderKubernetesGoesWithout what it cannot do, and the catalogue stays as it is.
func TestAnOlderKubernetesGoesWithout(t *testing.T) {
	t.Parallel()
	catalogue := small()
	catalogue.Controls[0].Kubernetes = "v1.37"
	resolved, err := catalogue.Resolve(LevelRestricted, "2026.11", ProviderKind, nil, today)
	if err != nil {
		t.Fatal(err)
	}
	old := resolved.On("v1.36.3")
	if control := old.Controls[0]; control.State != StateNotApplicable ||
		!strings.Contains(control.Enforcement[ProviderKind].Reason, "v1.37") {
		t.Errorf("on v1.36.3: %s, %+v", control.State, control.Enforcement)
	}
	if len(old.Controls) != len(resolved.Controls) || old.Controls[1].State != StateEnforced {
		t.Errorf("the other controls changed: %+v", old.Controls)
	}
	if resolved.Controls[0].State != StateEnforced || resolved.Controls[0].Enforcement[ProviderKind].State != StateEnforced {
		t.Error("what it was made from changed")
	}
	if on := resolved.On("v1.37.0"); on.Controls[0].State != StateEnforced {
		t.Errorf("on v1.37.0: %s", on.Controls[0].State)
	}
}

func TestLevelBaselineHasLess(t *testing.T) {
	t.Parallel()
	resolved, err := small().Resolve(LevelBaseline, "2026.11", ProviderKind, nil, today)
	if err != nil {
		t.Fatal(err)
	}
	if resolved.Has("RMP-TST-002") || !resolved.Has("RMP-TST-001") || resolved.Has("RMP-TST-999") {
		t.Errorf("has %v", ids(resolved.Controls))
	}
}

func TestWaiversHoldInTheirScope(t *testing.T) {
	t.Parallel()
	resolve := func(scope Scope) Resolved {
		resolved, err := small().Resolve(LevelRestricted, "2026.11", ProviderKind,
			[]Waiver{waiver(func(w *Waiver) { w.Scope = scope })}, today)
		if err != nil {
			t.Fatal(err)
		}
		return resolved
	}
	for _, test := range []struct {
		waived, asked Scope
		want          bool
	}{
		{ScopeCluster, ScopeCluster, true},
		{ScopeCluster, TenantScope("blue"), true},
		{ScopeCluster, NamespaceScope("blue"), true},
		{TenantScope("blue"), TenantScope("blue"), true},
		{TenantScope("blue"), TenantScope("green"), false},
		{TenantScope("blue"), NamespaceScope("blue"), false},
		{TenantScope("blue"), ScopeCluster, false},
	} {
		if got := resolve(test.waived).Waived("RMP-TST-001", test.asked); got != test.want {
			t.Errorf("waived for %s, asked for %s: %t", test.waived, test.asked, got)
		}
	}
	if resolve(ScopeCluster).Waived("RMP-TST-002", ScopeCluster) {
		t.Error("a waiver of one control waives another")
	}
}

func TestWhatIsRequired(t *testing.T) {
	t.Parallel()
	waivers := []Waiver{waiver(func(w *Waiver) { w.Scope = TenantScope("blue") })}
	resolved, err := small().Resolve(LevelBaseline, "2026.11", ProviderKind, waivers, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		says  string
		id    ControlID
		scope Scope
		want  bool
	}{
		{"elsewhere", "RMP-TST-001", TenantScope("green"), true},
		{"waived", "RMP-TST-001", TenantScope("blue"), false},
		{"not of this level", "RMP-TST-002", TenantScope("green"), false},
	} {
		if got := resolved.Requires(test.id, test.scope); got != test.want {
			t.Errorf("%s: %t", test.says, got)
		}
	}
	if faulty := (Resolved{}); !faulty.Requires("RMP-TST-001", ScopeCluster) {
		t.Error("a baseline with faults requires nothing")
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		level    Level
		version  Version
		provider Provider
		waivers  []Waiver
		want     []string // field, value and the start of the rule
	}{
		"unknown level":    {"strict", "2026.11", ProviderKind, nil, []string{`level "strict": is not a level`}},
		"unknown version":  {LevelRestricted, "2026.12", ProviderKind, nil, []string{`version "2026.12": is not a version`}},
		"unknown provider": {LevelRestricted, "2026.11", "fargate", nil, []string{`provider "fargate": is not a known provider`}},
		"all three, and a good waiver": {"", "", "", []Waiver{waiver(good)}, []string{
			`level "": is not a level`, `version "": is not a version`, `provider "": is not a known provider`,
		}},
		"unknown control": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Control = "RMP-TST-099" }),
		}, []string{`waivers[0].control "RMP-TST-099": is not a control`}},
		"control of another level": {LevelBaseline, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Control = "RMP-TST-002" }),
		}, []string{`waivers[0].control "RMP-TST-002": is not part of level baseline`}},
		"nothing to waive": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Control = "RMP-TST-004" }),
			waiver(func(w *Waiver) { w.Control = "RMP-TST-005" }),
			waiver(func(w *Waiver) { w.Control = "RMP-TST-006" }),
		}, []string{
			`waivers[0].control "RMP-TST-004": does not hold on kind in any case (not possible)`,
			`waivers[1].control "RMP-TST-005": does not hold on kind in any case (planned)`,
			`waivers[2].control "RMP-TST-006": does not hold on kind in any case (not applicable)`,
		}},
		"all that a waiver needs": {LevelRestricted, "2026.11", ProviderKind, []Waiver{{}}, []string{
			`waivers[0].control "": is not a control`, `waivers[0].scope "": is not a part`,
			`waivers[0].reason "": is empty`, `waivers[0].owner "": is empty`, `waivers[0].expires "": is not a day`,
		}},
		"scopes that are none": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Scope = "everything" }),
			waiver(func(w *Waiver) { w.Scope = "tenant/" }),
		}, []string{`waivers[0].scope "everything": is not a part`, `waivers[1].scope "tenant/": is not a part`}},
		"over since yesterday": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Expires = "2026-11-30" }),
		}, []string{`waivers[0].expires "2026-11-30": is past`}},
		"for ever": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Expires = "2999-12-31" }),
		}, []string{`waivers[0].expires "2999-12-31": is more than a year ahead`}},
		"a day that is none": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(func(w *Waiver) { w.Expires = "31.1.2027" }),
		}, []string{`waivers[0].expires "31.1.2027": is not a day`}},
		"twice": {LevelRestricted, "2026.11", ProviderKind, []Waiver{
			waiver(good), waiver(func(w *Waiver) { w.Scope = TenantScope("blue") }), waiver(good),
		}, []string{`waivers[2] "RMP-TST-001 cluster": is waived by waivers[0] already`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := small().Resolve(test.level, test.version, test.provider, test.waivers, today)
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v", err)
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) != len(test.want) {
				t.Errorf("%d faults, want %d:\n%v", len(got), len(test.want), err)
			}
			for i, want := range test.want {
				if i < len(got) && !strings.HasPrefix(got[i], want) {
					t.Errorf("got  %s\nwant %s...", got[i], want)
				}
			}
			for _, fault := range faults {
				if fault.Rule == "" || fault.Remedy == "" {
					t.Errorf("%s: no rule or no remedy", fault.Field)
				}
			}
		})
	}
}

// TestAWaiverLastsThroughItsLastDay looks at the moments around its end.
func TestAWaiverLastsThroughItsLastDay(t *testing.T) {
	t.Parallel()
	for moment, want := range map[string]bool{"2027-01-31T23:59:59Z": true, "2027-02-01T00:00:00Z": false} {
		now, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		_, err = small().Resolve(LevelRestricted, "2026.11", ProviderKind, []Waiver{waiver(good)}, now)
		if got := err == nil; got != want {
			t.Errorf("%s: taken %t, want %t: %v", moment, got, want, err)
		}
	}
}

// TestANewVersionChangesNothingForThoseWhoPinAnOlderOne adds a version that adds, gives up and replaces controls.
func TestANewVersionChangesNothingForThoseWhoPinAnOlderOne(t *testing.T) {
	t.Parallel()
	older := Current()
	newer := Current()
	const next Version = "2027.05"
	newer.Versions = append(newer.Versions, next)
	given, replaced := newer.Controls[0].ID, newer.Controls[1].ID
	newer.Controls[0].Until = next
	newer.Controls[1].Until = next
	successor := newer.Controls[1]
	successor.ID, successor.Since, successor.Until = "RMP-CPL-901", next, ""
	added := newer.Controls[2]
	added.ID, added.Since = "RMP-CPL-902", next
	newer.Controls = append(newer.Controls, successor, added)

	for _, level := range Levels() {
		for _, version := range older.Versions {
			before, err := older.Resolve(level, version, ProviderKind, nil, today)
			if err != nil {
				t.Fatal(err)
			}
			after, err := newer.Resolve(level, version, ProviderKind, nil, today)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := describe(after), describe(before); !slices.Equal(got, want) {
				t.Errorf("%s %s changes:\n%v\nwas\n%v", level, version, got, want)
			}
		}
	}
	after, err := newer.Resolve(LevelRestricted, next, ProviderKind, nil, today)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[ControlID]bool{given: false, replaced: false, "RMP-CPL-901": true, "RMP-CPL-902": true} {
		if after.Has(id) != want {
			t.Errorf("control: version %s has %s: %t, want %t", next, id, !want, want)
		}
	}
}

// describe is a set of controls with the state of each.
func describe(resolved Resolved) []string {
	lines := make([]string, 0, len(resolved.Controls))
	for _, control := range resolved.Controls {
		lines = append(lines, string(control.ID)+" "+string(control.State))
	}
	return lines
}

// TestVersionsStayWhatTheyWere compares each version with what was written down when it was made. Until a version is
// released, -update writes it anew; after that, what is missing here goes into the next version.
func TestVersionsStayWhatTheyWere(t *testing.T) {
	t.Parallel()
	for _, version := range Current().Versions {
		for _, level := range Levels() {
			resolved, err := Resolve(level, version, ProviderKind, nil, today)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, control := range resolved.Controls {
				lines = append(lines, string(control.ID))
			}
			path := filepath.Join("testdata", "versions", string(version)+"-"+string(level)+".txt")
			compareFile(t, path, strings.Join(lines, "\n")+"\n")
		}
	}
}

// compareFile compares a generated file with the committed one, or writes it.
func compareFile(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not current: run go generate ./baseline and look at the difference", path)
	}
}

// TestCatalogueIsACopy keeps one caller's changes from another.
func TestCatalogueIsACopy(t *testing.T) {
	t.Parallel()
	changed := Controls()
	changed[0].Enforcement[ProviderKind] = notPossible("changed")
	changed[0].References[0].Item = "changed"
	if reflect.DeepEqual(changed, Controls()) {
		t.Error("a caller's change is seen by others")
	}
}

// TestWhatIsOverLetsNothingGo: of a stack that stands, waivers that are over are no fault. They count as they did when it was
// made, until somebody asks what holds now.
func TestWhatIsOverLetsNothingGo(t *testing.T) {
	t.Parallel()
	over := waiver(func(w *Waiver) { w.Expires = "2026-11-30" })
	ofTenant := waiver(func(w *Waiver) { w.Control, w.Scope, w.Expires = "RMP-TST-002", TenantScope("blue"), "2026-11-01" })
	holding := waiver(func(w *Waiver) { w.Control, w.Expires = "RMP-TST-002", "2026-12-01" })
	resolve := func(waivers ...Waiver) (Resolved, error) {
		return small().resolve(LevelRestricted, "2026.11", ProviderKind, waivers, today, true)
	}
	made, err := resolve(over, ofTenant, holding)
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(made.In(StateWaived)); !slices.Equal(got, []ControlID{"RMP-TST-001", "RMP-TST-002"}) ||
		!made.Waived("RMP-TST-001", TenantScope("green")) {
		t.Errorf("made with waivers of %v", got)
	}
	now, ended := made.At(today)
	if got := ids(now.In(StateWaived)); !slices.Equal(got, []ControlID{"RMP-TST-002"}) || now.Waived("RMP-TST-001", ScopeCluster) {
		t.Errorf("waived today: %v", got)
	}
	if !slices.Equal(ended, []Waiver{over, ofTenant}) {
		t.Errorf("over: %v", ended)
	}
	if got := now.Controls[1].Waivers; !slices.Equal(got, []Waiver{holding}) {
		t.Errorf("holding: %v", got)
	}
	if !made.Waived("RMP-TST-001", ScopeCluster) {
		t.Error("asking changes what was made")
	}
	tomorrow, ended := made.At(today.AddDate(0, 0, 1))
	if len(tomorrow.In(StateWaived)) > 0 || len(ended) != 3 {
		t.Errorf("tomorrow %v are waived, and %v are over", ids(tomorrow.In(StateWaived)), ended)
	}
	// What is wrong in another way stays wrong.
	if _, err := resolve(waiver(func(w *Waiver) { w.Expires, w.Reason = "2026-11-30", "" })); err == nil {
		t.Error("a waiver without a reason is taken when it is over")
	}
	if _, err := resolve(waiver(func(w *Waiver) { w.Expires = "some day" })); err == nil {
		t.Error("a waiver without an end is taken")
	}
}
