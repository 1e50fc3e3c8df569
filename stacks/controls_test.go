package stacks

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/admission"
	"github.com/rampart-iac/rampart/components/isolation"
	"github.com/rampart-iac/rampart/components/network"
	"github.com/rampart-iac/rampart/components/tenant"
	"github.com/rampart-iac/rampart/providers/aks"
	"github.com/rampart-iac/rampart/providers/eks"
	"github.com/rampart-iac/rampart/providers/gke"
	"github.com/rampart-iac/rampart/providers/kind"
	"github.com/rampart-iac/rampart/providers/kind/hardening"
	"github.com/rampart-iac/rampart/providers/kind/plugin"
)

// claims are the controls that each package says it enforces.
func claims() map[string][]baseline.ControlID {
	return map[string][]baseline.ControlID{
		"components/access":        access.Controls(),
		"components/admission":     admission.Controls(),
		"components/isolation":     isolation.Controls(),
		"components/network":       network.Controls(),
		"components/tenant":        tenant.Controls(),
		"providers/aks":            aks.Controls(),
		"providers/eks":            eks.Controls(),
		"providers/gke":            gke.Controls(),
		"providers/kind":           kind.Controls(),
		"providers/kind/hardening": hardening.Controls(),
		"providers/kind/plugin":    plugin.Controls(),
	}
}

// root is the folder of the module, seen from this package.
const root = ".."

// TestEveryClaimStandsHere looks for packages that claim controls and are not asked.
func TestEveryClaimStandsHere(t *testing.T) {
	t.Parallel()
	var found []string
	for _, floor := range []string{"components", "providers"} {
		err := filepath.WalkDir(filepath.Join(root, floor), func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "controls.go" {
				found = append(found, strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), root+"/"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	if asked := slices.Sorted(maps.Keys(claims())); !slices.Equal(found, asked) {
		t.Errorf("controls.go stands in\n%v\nand this test asks\n%v", found, asked)
	}
}

// TestControlsAndClaimsAgree finds enforced controls that nobody enforces, and claims of what the catalogue does not
// say.
func TestControlsAndClaimsAgree(t *testing.T) {
	t.Parallel()
	for _, fault := range disagreements(baseline.Controls(), claims()) {
		t.Error(fault)
	}
}

func TestDisagreementsAreFound(t *testing.T) {
	t.Parallel()
	control := func(id baseline.ControlID, state baseline.State, component string) baseline.Control {
		return baseline.Control{ID: id, Enforcement: map[baseline.Provider]baseline.Enforcement{
			baseline.ProviderKind: {State: state, Component: component},
		}}
	}
	controls := []baseline.Control{
		control("agreed", baseline.StateEnforced, "a"),
		control("unclaimed", baseline.StateEnforced, "a"),
		control("claimed by another", baseline.StateEnforced, "a"),
		control("early", baseline.StatePlanned, "b"),
		control("later", baseline.StatePlanned, "b"),
	}
	got := disagreements(controls, map[string][]baseline.ControlID{
		"a": {"agreed", "unknown", "agreed"}, "b": {"claimed by another", "early"},
	})
	for _, want := range []string{
		`a claims "unknown"`, `a claims "agreed" twice`,
		`unclaimed is enforced by a, which does not claim it`,
		`claimed by another is enforced by a, which does not claim it`,
		`b claims "claimed by another"`, `b claims "early"`,
	} {
		if !slices.ContainsFunc(got, func(fault string) bool { return strings.HasPrefix(fault, want) }) {
			t.Errorf("not found: %s", want)
		}
	}
	if len(got) != 6 {
		t.Errorf("found %d: %q", len(got), got)
	}
}

func disagreements(controls []baseline.Control, claims map[string][]baseline.ControlID) []string {
	var faults []string
	enforcers := map[baseline.ControlID][]string{}
	for _, control := range controls {
		enforcers[control.ID] = []string{}
		for _, enforcement := range control.Enforcement {
			if enforcement.State == baseline.StateEnforced {
				enforcers[control.ID] = append(enforcers[control.ID], enforcement.Component)
			}
		}
		for _, component := range enforcers[control.ID] {
			if !slices.Contains(claims[component], control.ID) {
				faults = append(faults, string(control.ID)+" is enforced by "+component+", which does not claim it in "+
					"controls.go: claim it, or say in baseline that it is planned")
			}
		}
	}
	for _, component := range slices.Sorted(maps.Keys(claims)) {
		for i, id := range claims[component] {
			claim := component + ` claims "` + string(id) + `"`
			components, known := enforcers[id]
			switch {
			case slices.Contains(claims[component][:i], id):
				faults = append(faults, claim+" twice")
			case !known:
				faults = append(faults, claim+", which is no control: see baseline/controls_*.go")
			case !slices.Contains(components, component):
				faults = append(faults, claim+", and baseline does not say that it enforces it: write "+
					"enforcedBy(\""+component+"\") there, and the test that proves it as Proof")
			}
		}
	}
	return faults
}

// TestProofsExist looks for the function of each proof.
func TestProofsExist(t *testing.T) {
	t.Parallel()
	for _, control := range baseline.Controls() {
		proofs := []string{control.Proof}
		for _, enforcement := range control.Enforcement {
			proofs = append(proofs, enforcement.Proof)
		}
		for _, proof := range proofs {
			folder, function, _ := strings.Cut(proof, ".Test")
			if proof != "" && !hasTest(t, folder, "Test"+function) {
				t.Errorf("%s is proven by %s, which there is none of", control.ID, proof)
			}
		}
	}
	if hasTest(t, "baseline", "TestNobodyWroteThis") {
		t.Error("control: finds a test that there is none of")
	}
}

func hasTest(t *testing.T, folder, function string) bool {
	t.Helper()
	declaration := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(function) + `\(`)
	paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if declaration.Match(content) {
			return true
		}
	}
	return false
}
