package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"

	"github.com/rampart-iac/rampart/stacks"
)

// stackType is the type of the resource that holds the outputs of a stack.
const stackType = "pulumi:pulumi:Stack"

// secretMask is what the CLI shows instead of a secret.
const secretMask = "[secret]"

// Outputs returns the outputs of the stack, secrets masked as the CLI masks them. Only for a backend of ours whose files are
// not compressed: found says whether there was such a file.
func (s *Stack) Outputs() (outputs map[string]any, found bool, err error) {
	resources, found, err := s.resources()
	if err != nil || !found {
		return nil, found, err
	}
	for _, resource := range resources {
		if resource.Type == stackType {
			masked, _ := mask(resource.Outputs).(map[string]any)
			return masked, true, nil
		}
	}
	return map[string]any{}, true, nil
}

// mask returns a value of a state without the secrets in it.
func mask(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if value[sig.Key] == sig.Secret {
			return secretMask
		}
		masked := map[string]any{}
		for key, inner := range value {
			masked[key] = mask(inner)
		}
		return masked
	case []any:
		masked := make([]any, 0, len(value))
		for _, inner := range value {
			masked = append(masked, mask(inner))
		}
		return masked
	default:
		return value
	}
}

// Changes counts the resources of the last run by what was done to them. Only for a backend of ours whose files are not
// compressed: found says whether there was a run in such a file.
func (s *Stack) Changes() (changes map[string]int, found bool, err error) {
	// Their names end in the time, in nanoseconds: the last one in order is the last one.
	runs, err := filepath.Glob(filepath.Join(s.state(), bookkeeping, "history", stacks.Project, s.Name, s.Name+"-*.history.json"))
	if err != nil || len(runs) == 0 {
		return nil, false, err
	}
	content, err := os.ReadFile(runs[len(runs)-1])
	if err != nil {
		return nil, false, fmt.Errorf("reading the history of stack %s: %w", s.Name, err)
	}
	var run struct {
		Changes map[string]int `json:"resourceChanges"`
	}
	if err := json.Unmarshal(content, &run); err != nil {
		return nil, false, fmt.Errorf("reading the history of stack %s: %s: %w", s.Name, runs[len(runs)-1], err)
	}
	return run.Changes, true, nil
}

// stateResource is one resource of a state.
type stateResource struct {
	URN     string         `json:"urn"`
	Type    string         `json:"type"`
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs"`
}

// resources are those of the state file, if there is one.
func (s *Stack) resources() (resources []stateResource, found bool, err error) {
	content, err := os.ReadFile(s.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading the state of stack %s: %w", s.Name, err)
	}
	var state struct {
		Checkpoint struct {
			Latest struct {
				Resources []stateResource `json:"resources"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(content, &state); err != nil {
		return nil, false, fmt.Errorf("reading the state of stack %s: %s: %w", s.Name, s.stateFile(), err)
	}
	return state.Checkpoint.Latest.Resources, true, nil
}
