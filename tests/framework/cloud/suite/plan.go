package suite

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/golden"
)

// comparePlan compares what a stack makes, with every input, with a file that people review. What goes into the cluster is
// listed by name only: it is the same on every provider, and has files of its own.
func (c Cloud) comparePlan(t *testing.T, made *Installation) {
	t.Helper()
	var text bytes.Buffer
	for _, planned := range made.plan(t) {
		if planned.Op != "create" {
			t.Errorf("%s: %s, want create", planned.URN, planned.Op)
		}
		name := planned.URN[strings.LastIndex(planned.URN, "::")+2:]
		text.WriteString(planned.NewState.Type + " " + name + "\n")
		if strings.HasPrefix(planned.NewState.Type, c.Package+":") {
			writeInputs(t, &text, planned.NewState.Inputs)
		}
	}
	golden.Compare(t, planFile(made.Stack), text.String())
}

// planFile is where the plan of a stack is kept.
func planFile(stack string) string { return filepath.Join("testdata", stack+".plan") }

// writeInputs writes inputs as indented JSON, with documents that are JSON in text, which policies are, opened.
func writeInputs(t *testing.T, into *bytes.Buffer, inputs json.RawMessage) {
	t.Helper()
	var values any
	if err := json.Unmarshal(inputs, &values); err != nil {
		t.Fatal(err)
	}
	encoder := json.NewEncoder(into)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("    ", "  ")
	into.WriteString("    ")
	if err := encoder.Encode(open(values)); err != nil {
		t.Fatal(err)
	}
}

// unknown is how a preview writes text that it does not know yet.
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

func open(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		delete(typed, "__defaults")
		for key, element := range typed {
			typed[key] = open(element)
		}
	case []any:
		for i, element := range typed {
			typed[i] = open(element)
		}
	case string:
		var document map[string]any
		if strings.HasPrefix(typed, "{") && json.Unmarshal([]byte(typed), &document) == nil {
			return open(document)
		}
		if typed == unknown {
			return "(known later)"
		}
	}
	return value
}
