package attacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify"
)

// TestEveryEnforcedControlIsAttacked: a control that is enforced has an attack, or a reason why no running cluster shows
// whether it holds.
func TestEveryEnforcedControlIsAttacked(t *testing.T) {
	t.Parallel()
	elsewhere := Elsewhere()
	for _, control := range baseline.Controls() {
		attacked := slices.ContainsFunc(All(), func(attack verify.Attack) bool {
			return slices.Contains(attack.Proves, control.ID)
		})
		enforced := false
		for _, enforcement := range control.Enforcement {
			enforced = enforced || enforcement.State == baseline.StateEnforced || enforcement.State == baseline.StateByCloud
		}
		_, excused := elsewhere[control.ID]
		switch {
		case enforced && !attacked && !excused:
			t.Errorf("%s (%s) is enforced, and rampart verify has no attack on it: write one in verify/attacks, or say in "+
				"Elsewhere why a running cluster does not show it", control.ID, control.Title)
		case attacked && excused:
			t.Errorf("%s is attacked, and Elsewhere says that it cannot be", control.ID)
		case excused && !enforced:
			t.Errorf("%s is in Elsewhere, and nothing enforces it", control.ID)
		}
	}
}

// TestAttacksAreAboutControls: an attack that names a control that there is none of would prove nothing.
func TestAttacksAreAboutControls(t *testing.T) {
	t.Parallel()
	known := map[baseline.ControlID]bool{}
	for _, control := range baseline.Controls() {
		known[control.ID] = true
	}
	names := map[string]bool{}
	for _, attack := range All() {
		if names[attack.Name] {
			t.Errorf("two attacks are called %s", attack.Name)
		}
		names[attack.Name] = true
		if attack.Does == "" || attack.Run == nil || len(attack.Proves) == 0 {
			t.Errorf("attack %s lacks a part", attack.Name)
		}
		for _, id := range attack.Proves {
			if !known[id] {
				t.Errorf("attack %s is about %s, which is no control", attack.Name, id)
			}
		}
	}
	for id := range Elsewhere() {
		if !known[id] {
			t.Errorf("Elsewhere is about %s, which is no control", id)
		}
	}
}

func TestAuditLinesAreRead(t *testing.T) {
	t.Parallel()
	events, err := parseAudit(`{"verb":"create","requestURI":"/api/v1/pods","user":{"username":"eve"},` +
		`"objectRef":{"resource":"pods","name":"p","subresource":"exec"},"responseStatus":{"code":403}}
{"verb":"get","requ`)
	if err != nil || len(events) != 1 {
		t.Fatalf("%v %v", events, err)
	}
	event := events[0]
	if event.User.Username != "eve" || event.ObjectRef.Subresource != "exec" || event.ResponseStatus.Code != 403 {
		t.Errorf("%+v", event)
	}
}

// TestImagesAreBadInOneWay: another rule must not refuse what is to show that this one does.
func TestImagesAreBadInOneWay(t *testing.T) {
	t.Parallel()
	const registry = "registry.example"
	for _, image := range badImages(registry + "/agnhost:1") {
		if image.control == "RMP-IMG-001" && !strings.HasSuffix(image.reference, anyDigest) {
			t.Errorf("an image %s has no digest: the rule about digests refuses it wherever it comes from: %s", image.says, image.reference)
		}
		if image.control == "RMP-IMG-003" && !strings.HasPrefix(image.reference, registry+"/") {
			t.Errorf("an image %s is of another registry: %s", image.says, image.reference)
		}
	}
}
