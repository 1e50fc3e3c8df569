package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rampart-iac/rampart/components/tenant"
)

// Tenants are the names of the tenants that the state knows, in part or in whole. Only for a backend of ours whose files are
// not compressed: told says whether there was such a file, and each tenant in it has a name.
func (s *Stack) Tenants() (names []string, told bool, err error) {
	resources, told, err := s.resources()
	for _, resource := range resources {
		if resource.Type != tenant.ComponentToken {
			continue
		}
		name, ok := resource.Inputs["name"].(string)
		names, told = append(names, name), told && ok
	}
	return names, told, err
}

func (s *Stack) addingFile() string { return filepath.Join(s.config(), "adding-"+s.Name+".json") }

// Adding are the tenants that a run was to add whose state is written at its end, if it was not seen to end.
func (s *Stack) Adding() ([]string, error) {
	content, err := os.ReadFile(s.addingFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	if err == nil {
		err = json.Unmarshal(content, &names)
	}
	if err != nil {
		return nil, fmt.Errorf("reading which tenants an earlier run was to add: %w", err)
	}
	return names, nil
}

// NoteAdding notes such tenants, before the run, and forgets them if there are none.
func (s *Stack) NoteAdding(names []string) error {
	if len(names) == 0 {
		if err := os.Remove(s.addingFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forgetting which tenants were added: %w", err)
		}
		return nil
	}
	content, err := json.Marshal(names)
	if err == nil {
		err = writeFile(s.addingFile(), content)
	}
	if err != nil {
		return fmt.Errorf("noting which tenants are added: %w", err)
	}
	return nil
}
