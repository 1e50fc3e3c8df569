package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func (s *Stack) settledFile() string { return filepath.Join(s.config(), "settled-"+s.Name) }

// Settled is what a run had before it that changed nothing, as Settle noted it. Empty if there was none.
func (s *Stack) Settled() (string, error) {
	content, err := os.ReadFile(s.settledFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading what the last run has found: %w", err)
	}
	return string(content), nil
}

// Settle notes what a run had before it that changed nothing.
func (s *Stack) Settle(on string) error {
	if err := writeFile(s.settledFile(), []byte(on)); err != nil {
		return fmt.Errorf("noting what this run has found: %w", err)
	}
	return nil
}

// Files are those that decide what the engine does with the stack, beside the programs: the configuration, the state, and what is
// kept of clusters. Some may not be there. Only for a backend of ours.
func (s *Stack) Files(clusters ...string) []string {
	files := []string{filepath.Join(s.Root, "Pulumi.yaml"), s.File, s.stateFile(), s.crowdFile(Adding), s.crowdFile(Removing)}
	return append(files, clusters...)
}
