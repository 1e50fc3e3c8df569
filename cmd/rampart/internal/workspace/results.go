package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keptResults is how many results of a stack are kept; a year of one a day.
const keptResults = 366

// Results is the folder of the results of rampart verify on a stack. It stays when the stack is destroyed: what was proven
// stays proven.
func (s *Stack) Results() string { return filepath.Join(s.Home, "results", s.Name) }

// KeepResult keeps one result for reports, for its owner alone: it says where a cluster is weak. The oldest go.
func (s *Stack) KeepResult(started time.Time, run string, content []byte) (path string, err error) {
	folder := s.Results()
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return "", fmt.Errorf("making the folder of results: %w", err)
	}
	path = filepath.Join(folder, started.UTC().Format("20060102T150405Z")+"-"+run+".json")
	if err := writeFile(path, content); err != nil {
		return "", fmt.Errorf("keeping the result: %w", err)
	}
	kept, err := s.KeptResults()
	if err != nil {
		return "", err
	}
	for len(kept) > keptResults {
		if err := os.Remove(kept[0]); err != nil {
			return "", fmt.Errorf("removing the oldest result: %w", err)
		}
		kept = kept[1:]
	}
	return path, nil
}

// KeptResults returns the files of the results, oldest first.
func (s *Stack) KeptResults() ([]string, error) {
	entries, err := os.ReadDir(s.Results())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the folder of results: %w", err)
	}
	var paths []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".json") {
			paths = append(paths, filepath.Join(s.Results(), entry.Name()))
		}
	}
	slices.Sort(paths)
	return paths, nil
}
