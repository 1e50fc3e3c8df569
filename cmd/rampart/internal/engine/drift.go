package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Difference is one resource that is not what the program says.
type Difference struct {
	// Type and Name are those of the resource in the program.
	Type, Name string

	// What is to be done about it: create, update, replace or delete.
	What string

	// Properties are the paths of those that differ, sorted. None if the resource is missing.
	Properties []string
}

// plan is what the CLI prints of a preview as JSON.
type plan struct {
	Steps []struct {
		Op           string
		URN          string
		DetailedDiff map[string]json.RawMessage
	}
}

// Drift looks at what stands, not at what the state remembers of it, and returns what differs from what the program says.
// Neither the cluster nor the state is changed.
func (e *Engine) Drift(ctx context.Context) ([]Difference, error) {
	command := e.command("preview", "--refresh", "--json", "--stack", e.Stack.Name, "--non-interactive")
	var printed, faults bytes.Buffer
	command.Stdout, command.Stderr = &printed, &faults
	if err := e.run(ctx, command); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, strings.TrimSpace(faults.String()+diagnostics(printed.Bytes())))
	}
	return differences(printed.Bytes())
}

// diagnostics returns the errors in what a preview has printed as JSON.
func diagnostics(text []byte) string {
	var plan struct {
		Diagnostics []struct{ Severity, Message string }
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return string(text)
	}
	var found strings.Builder
	for _, each := range plan.Diagnostics {
		if each.Severity == "error" {
			found.WriteString(each.Message)
		}
	}
	return found.String()
}

func differences(text []byte) ([]Difference, error) {
	var plan plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, fmt.Errorf("understanding the preview: %w", err)
	}
	var found []Difference
	for _, step := range plan.Steps {
		// A replacement is one step for the whole and one for each half of it.
		if slices.Contains([]string{"same", "refresh", "read", "create-replacement", "delete-replaced"}, step.Op) {
			continue
		}
		kind, name := split(step.URN)
		// The stack itself and the way to the cluster are nothing that stands there.
		if kind == "pulumi:pulumi:Stack" || strings.HasPrefix(kind, "pulumi:providers:") {
			continue
		}
		difference := Difference{Type: kind, Name: name, What: step.Op}
		for property := range step.DetailedDiff {
			difference.Properties = append(difference.Properties, property)
		}
		slices.Sort(difference.Properties)
		found = append(found, difference)
	}
	slices.SortFunc(found, func(a, b Difference) int { return strings.Compare(a.Type+a.Name, b.Type+b.Name) })
	return found, nil
}

// split returns the type and the name in a URN: urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>.
func split(urn string) (kind, name string) {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) != 4 {
		return "", urn
	}
	kind = parts[2]
	return kind[strings.LastIndex(kind, "$")+1:], parts[3]
}
