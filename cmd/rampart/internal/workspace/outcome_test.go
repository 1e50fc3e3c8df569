package workspace

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestOutcomeOfTheLastRun(t *testing.T) {
	t.Parallel()
	stack := newStack(t)
	if _, found, err := stack.Outputs(); found || err != nil {
		t.Errorf("outputs without a state: %t, %v", found, err)
	}
	if _, found, err := stack.Changes(); found || err != nil {
		t.Errorf("changes without a run: %t, %v", found, err)
	}
	const secret = `{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}`
	write(t, stack.stateFile(), `{"checkpoint": {"latest": {"resources": [
		{"type": "rampart:kind:Cluster", "outputs": {"cluster": "not this"}},
		{"type": "pulumi:pulumi:Stack", "outputs": {"cluster": "rampart", "kubeconfig": `+secret+`, "list": [1, `+secret+`],
			"tenants": {"blue": `+secret+`, "green": "green"}}}]}}}`)
	outputs, found, err := stack.Outputs()
	want := map[string]any{
		"cluster": "rampart", "kubeconfig": "[secret]", "list": []any{1.0, "[secret]"},
		"tenants": map[string]any{"blue": "[secret]", "green": "green"},
	}
	if err != nil || !found || !reflect.DeepEqual(outputs, want) {
		t.Errorf("outputs %v, %t, %v", outputs, found, err)
	}

	history := filepath.Join(strings.Replace(strings.TrimSuffix(stack.stateFile(), ".json"), "/stacks/", "/history/", 1), stack.Name)
	write(t, history+"-1795670000000000001.history.json", `{"resourceChanges": {"create": 3}}`)
	write(t, history+"-1795670000000000002.history.json", `{"resourceChanges": {"same": 3}}`)
	write(t, history+"-1795670000000000002.checkpoint.json", `{"resourceChanges": {"delete": 3}}`)
	changes, found, err := stack.Changes()
	if err != nil || !found || !reflect.DeepEqual(changes, map[string]int{"same": 3}) {
		t.Errorf("changes %v, %t, %v", changes, found, err)
	}
}
