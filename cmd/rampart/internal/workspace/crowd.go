package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rampart-iac/rampart/components/isolation"
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

// borderType is what kind of object a tenant's border is, to the engine.
const borderType = "kubernetes:crd.projectcalico.org/v1:GlobalNetworkPolicy"

// OfTenants are the URNs of tenants and of their borders: all else that the state has of a tenant is part of it. Only for a
// backend of ours.
func (s *Stack) OfTenants(names []string) ([]string, error) {
	resources, _, err := s.resources()
	var urns []string
	for _, resource := range resources {
		name, _ := resource.Inputs["name"].(string)
		metadata, _ := resource.Inputs["metadata"].(map[string]any)
		object, _ := metadata["name"].(string)
		isOf := func(tenant string) bool { return isolation.BorderName(tenant) == object }
		if resource.Type == tenant.ComponentToken && slices.Contains(names, name) ||
			resource.Type == borderType && slices.ContainsFunc(names, isOf) {
			urns = append(urns, resource.URN)
		}
	}
	return urns, err
}

// Crowd is what a run does with many tenants whose state is written at its end.
type Crowd string

// What a run can do with many tenants at once.
const (
	Adding   Crowd = "adding"
	Removing Crowd = "removing"
)

// CrowdNote is what the command line notes before such a run, and forgets when it was seen to end.
type CrowdNote struct {
	// Tenants that were to be added or removed.
	Tenants []string `json:"tenants"`

	// Of tells what the run was made of: its stack file, its program, its images.
	Of string `json:"of,omitempty"`
}

func (s *Stack) crowdFile(which Crowd) string {
	return filepath.Join(s.config(), string(which)+"-"+s.Name+".json")
}

// Crowd is the note of such a run, empty if there is none.
func (s *Stack) Crowd(which Crowd) (note CrowdNote, err error) {
	content, err := os.ReadFile(s.crowdFile(which))
	if errors.Is(err, fs.ErrNotExist) {
		return CrowdNote{}, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &note)
	}
	if err != nil {
		return CrowdNote{}, fmt.Errorf("reading which tenants an earlier run was %s: %w", which, err)
	}
	return note, nil
}

// NoteCrowd notes such a run, before it begins, and forgets it if it is about no tenant.
func (s *Stack) NoteCrowd(which Crowd, note CrowdNote) error {
	if len(note.Tenants) == 0 {
		if err := os.Remove(s.crowdFile(which)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forgetting which tenants a run was %s: %w", which, err)
		}
		return nil
	}
	content, err := json.Marshal(note)
	if err == nil {
		err = writeFile(s.crowdFile(which), content)
	}
	if err != nil {
		return fmt.Errorf("noting which tenants a run is %s: %w", which, err)
	}
	return nil
}
