package plugin

import (
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// rotated is a key in the hands of a test.
type rotated struct {
	t      *testing.T
	server integration.Server
	state  property.Map
}

func (r *rotated) diff(step string) (p.DiffResponse, error) {
	inputs := property.Map{}
	if step != "" {
		inputs = inputs.Set("step", property.New(step))
	}
	return r.server.Diff(p.DiffRequest{ID: "key", Urn: keyURN(), State: r.state, Inputs: inputs})
}

// take takes a step as the engine would: only if there is a difference.
func (r *rotated) take(step string) {
	r.t.Helper()
	diff, err := r.diff(step)
	if err != nil {
		r.t.Fatal(err)
	}
	if !diff.HasChanges {
		return
	}
	for _, change := range diff.DetailedDiff {
		if change.Kind != p.Update {
			r.t.Fatalf("%s: %v, want an update in place", step, diff.DetailedDiff)
		}
	}
	updated, err := r.server.Update(p.UpdateRequest{
		ID: "key", Urn: keyURN(), State: r.state,
		Inputs: property.Map{}.Set("step", property.New(step)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.state = updated.Properties
}

func (r *rotated) text(name string) string { return r.state.Get(name).AsString() }

func keyURN() resource.URN { return resource.NewURN("test", "rampart", "", keyToken, "key") }

func newKey(t *testing.T) *rotated {
	t.Helper()
	server := startPlugin(t, newFakeEngine())
	created, err := server.Create(p.CreateRequest{Urn: keyURN()})
	if err != nil {
		t.Fatal(err)
	}
	return &rotated{t: t, server: server, state: created.Properties}
}

// TestRotationLosesNoKeyBeforeItsTime takes all steps, each twice, and follows both keys.
func TestRotationLosesNoKeyBeforeItsTime(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	first := key.text("base64")
	twice := func(step, phase, name, other string) {
		t.Helper()
		key.take(step)
		after := key.state
		key.take(step)
		if !after.Equals(key.state) {
			t.Errorf("%s, taken again, changes the state", step)
		}
		if key.text("phase") != phase || key.text("name") != name || key.text("otherName") != other {
			t.Errorf("after %s: %s with %s and %q, want %s with %s and %q", step,
				key.text("phase"), key.text("name"), key.text("otherName"), phase, name, other)
		}
		for _, property := range []string{"base64", "otherBase64"} {
			if !key.state.Get(property).Secret() {
				t.Errorf("after %s, %s is not secret", step, property)
			}
		}
		if key.state.Get("step").HasComputed() || key.state.Get("step").IsString() {
			t.Errorf("after %s the step stands in the state", step)
		}
		// A run in between that asks for nothing must not undo anything.
		if diff, err := key.diff(""); err != nil || diff.HasChanges {
			t.Errorf("after %s, a run without a step changes %v, %v", step, diff.DetailedDiff, err)
		}
	}
	twice("add", "added", "key1", "key2")
	second := key.text("otherBase64")
	if key.text("base64") != first || len(second) != 44 || second == first {
		t.Error("add must keep the first key and make another of 32 bytes")
	}
	twice("promote", "promoted", "key2", "key1")
	if key.text("base64") != second || key.text("otherBase64") != first {
		t.Error("promote must swap the keys")
	}
	twice("retire", "retired", "key2", "")
	if key.text("base64") != second || key.text("otherBase64") != "" {
		t.Error("retire must keep the second key and drop the first")
	}
	twice("finish", "settled", "key2", "")
	key.take("add")
	if key.text("otherName") != "key3" {
		t.Errorf("the third key is %q: a name must never be used again", key.text("otherName"))
	}
}

func TestStepsOutOfOrderAreRefused(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for _, step := range []string{"promote", "retire", "rotate"} {
		if _, err := key.diff(step); err == nil || !strings.Contains(err.Error(), "add") {
			t.Errorf("%s of a settled key: %v, want an error that names the next step", step, err)
		}
	}
	key.take("add")
	if _, err := key.diff("retire"); err == nil || !strings.Contains(err.Error(), "promote") {
		t.Errorf("retire before promote: %v", err)
	}
}

// TestStateOfAnOlderPluginIsCompleted has no properties of a rotation.
func TestStateOfAnOlderPluginIsCompleted(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	first := key.text("base64")
	for _, name := range []string{"phase", "otherName", "otherBase64"} {
		key.state = key.state.Delete(name)
	}
	diff, err := key.diff("")
	if err != nil || !diff.HasChanges {
		t.Fatalf("diff %v, %v, want a change", diff.DetailedDiff, err)
	}
	updated, err := key.server.Update(p.UpdateRequest{ID: "key", Urn: keyURN(), State: key.state})
	if err != nil {
		t.Fatal(err)
	}
	key.state = updated.Properties
	if key.text("base64") != first || key.text("phase") != "settled" || key.text("otherName") != "" {
		t.Errorf("completed to %v", key.state)
	}
}

// TestReloadedFilesRestartNothing changes a file that is read again by itself, alone and with one that is not.
func TestReloadedFilesRestartNothing(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	files := func(key, rules string) property.Value {
		return property.New(map[string]property.Value{
			"encryption.yaml": property.New(key), "audit/policy-1.yaml": property.New(rules),
		})
	}
	inputs := testInputs(t.TempDir()+"/blue").
		Set("reloadedFiles", property.New([]property.Value{property.New("encryption.yaml")})).
		Set("controlPlaneFiles", files("key 1", "rules"))
	state := created(t, server, inputs).Properties
	for _, step := range []struct {
		name, key, rules string
		restarts         bool
	}{
		{"only a file that is reloaded", "key 2", "rules", false},
		{"both", "key 3", "other rules", true},
		{"only the other one", "key 3", "rules again", true},
	} {
		before := len(engine.recorded())
		updated, err := server.Update(p.UpdateRequest{
			ID: testName, Urn: testURN(), State: state,
			Inputs: checked(t, server, inputs.Set("controlPlaneFiles", files(step.key, step.rules))),
		})
		if err != nil {
			t.Fatal(err)
		}
		state = updated.Properties
		restarted := slices.ContainsFunc(engine.recorded()[before:], func(line string) bool {
			return strings.HasPrefix(line, "restart API server")
		})
		if restarted != step.restarts {
			t.Errorf("%s: restarted %v, want %v", step.name, restarted, step.restarts)
		}
		written, err := readFiles(filesDirectory(state.Get("directory").AsString()))
		if err != nil || written["encryption.yaml"] != step.key {
			t.Errorf("%s: wrote %q, %v", step.name, written["encryption.yaml"], err)
		}
	}
}
