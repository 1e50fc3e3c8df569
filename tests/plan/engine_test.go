package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/plan"
)

// TestPlansAreTheEngines compares what the program asks for without an engine with the plans that tests/engine got from the
// real one: the same resources, and of a cloud's resources the same inputs, but for what only the cloud would know.
//
//nolint:paralleltest // the program reads the environment
func TestPlansAreTheEngines(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "tests/engine/*/testdata/*.plan"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans of the engine: %v", err)
	}
	for _, file := range files {
		stack := strings.TrimSuffix(filepath.Base(file), ".plan")
		want := enginePlan(t, file)
		for _, got := range recorded(t, stack).Resources {
			name := got.Type + " " + got.Name
			inputs, known := want[name]
			if !known {
				t.Errorf("%s: the engine has no %s", stack, name)
				continue
			}
			delete(want, name)
			if inputs != nil {
				if difference := differ("", inputs, got.Inputs); difference != "" {
					t.Errorf("%s: %s%s", stack, name, difference)
				}
			}
		}
		for name := range want {
			if !strings.HasPrefix(name, "pulumi:pulumi:Stack ") {
				t.Errorf("%s: the plan lacks %s", stack, name)
			}
		}
	}
}

// enginePlan reads a file of tests/engine: a line with type and name for each resource, and below it, indented, its inputs.
func enginePlan(t *testing.T, file string) map[string]map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found, name := map[string]map[string]any{}, ""
	var inputs bytes.Buffer
	finish := func() {
		if name == "" {
			return
		}
		found[name] = nil
		if inputs.Len() > 0 {
			var values map[string]any
			if err := json.Unmarshal(inputs.Bytes(), &values); err != nil {
				t.Fatalf("%s: %s: %v", file, name, err)
			}
			found[name] = values
		}
		inputs.Reset()
	}
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, " ") {
			inputs.WriteString(line)
		} else {
			finish()
			name = line
		}
	}
	finish()
	return found
}

// differ says where two values do, with documents that are JSON in text opened. What the engine does not know yet may be
// anything.
func differ(path string, want, got any) string {
	if want == "(known later)" {
		return ""
	}
	if text, ok := got.(string); ok && strings.HasPrefix(text, "{") {
		var document map[string]any
		if json.Unmarshal([]byte(text), &document) == nil {
			got = document
		}
	}
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return path + ": is no object"
		}
		for key := range got {
			if _, known := want[key]; !known {
				return path + "." + key + ": the engine has none"
			}
		}
		for key, value := range want {
			if difference := differ(path+"."+key, value, got[key]); difference != "" {
				return difference
			}
		}
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return fmt.Sprintf("%s: is %v, and the engine's %v", path, got, want)
		}
		for i, value := range want {
			if difference := differ(fmt.Sprintf("%s[%d]", path, i), value, got[i]); difference != "" {
				return difference
			}
		}
	default:
		if !reflect.DeepEqual(want, got) {
			return fmt.Sprintf("%s: is %v, and the engine's %v", path, got, want)
		}
	}
	return ""
}

// TestDifferencesAreSeen: the comparison itself sees what it must.
func TestDifferencesAreSeen(t *testing.T) {
	t.Parallel()
	record := plan.Resource{Inputs: map[string]any{"a": []any{"1"}, "policy": `{"Statement":[]}`, "id": "${other}"}}
	same := map[string]any{"a": []any{"1"}, "policy": map[string]any{"Statement": []any{}}, "id": "(known later)"}
	if difference := differ("", same, record.Inputs); difference != "" {
		t.Errorf("control: %s", difference)
	}
	for name, want := range map[string]map[string]any{
		"another value": {"a": []any{"2"}, "policy": same["policy"], "id": same["id"]},
		"one less":      {"a": []any{"1"}, "policy": same["policy"]},
		"one more":      {"a": []any{"1"}, "policy": same["policy"], "id": same["id"], "b": true},
	} {
		if differ("", want, record.Inputs) == "" {
			t.Errorf("%s is not seen", name)
		}
	}
}
