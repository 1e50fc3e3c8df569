package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// calicoObjects are the files with the objects that the product's network component made.
type calicoObjects struct {
	definitions, others string
}

// calicoComponent is the type of the component whose children are taken.
const calicoComponent = "rampart:network:Calico"

// calicoObjects takes the objects out of the stack's state, as they were sent to the API server: by hand, exactly the
// same Calico is installed.
func (b *bench) calicoObjects(ctx context.Context) (calicoObjects, error) {
	text, err := b.product.Pulumi(ctx, "stack", "export", "--stack", b.product.Stack)
	if err != nil {
		return calicoObjects{}, err
	}
	var state struct {
		Deployment struct {
			Resources []struct {
				URN, Type, Parent string
				Inputs            map[string]any
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return calicoObjects{}, err
	}
	var definitions, others []any
	for _, resource := range state.Deployment.Resources {
		if !strings.Contains(resource.Parent, calicoComponent) || strings.HasSuffix(resource.Type, "Patch") {
			continue
		}
		object := withoutDefaults(resource.Inputs).(map[string]any)
		if object["kind"] == "CustomResourceDefinition" {
			definitions = append(definitions, object)
		} else {
			others = append(others, object)
		}
	}
	if len(definitions) == 0 || len(others) == 0 {
		return calicoObjects{}, fmt.Errorf("the state has %d definitions and %d other objects of %s",
			len(definitions), len(others), calicoComponent)
	}
	files := calicoObjects{
		definitions: filepath.Join(b.product.Dir, "calico-definitions.json"),
		others:      filepath.Join(b.product.Dir, "calico-objects.json"),
	}
	if err := writeList(files.definitions, definitions); err != nil {
		return calicoObjects{}, err
	}
	return files, writeList(files.others, others)
}

// withoutDefaults drops the engine's own notes from inputs.
func withoutDefaults(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		clean := map[string]any{}
		for key, inner := range typed {
			if key != "__defaults" {
				clean[key] = withoutDefaults(inner)
			}
		}
		return clean
	case []any:
		for i := range typed {
			typed[i] = withoutDefaults(typed[i])
		}
	}
	return value
}

func writeList(path string, objects []any) error {
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
