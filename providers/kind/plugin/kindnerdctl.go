package plugin

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed scripts/kind-nerdctl.sh
var kindNerdctl string

// nerdctlFor puts what the kind library calls in place of nerdctl into a cluster's directory and returns its path. The library
// takes any program that has nerdctl's commands, because there are some. With another engine there is nothing to call.
func (k *kindClient) nerdctlFor(directory string) (string, error) {
	if k.name() != engineNerdctl {
		return "", nil
	}
	path := filepath.Join(directory, nerdctlName)
	if err := writeFile(path, []byte(kindNerdctl)); err != nil {
		return "", err
	}
	if err := os.Chmod(path, directoryMode); err != nil {
		return "", fmt.Errorf("making %s a program: %w", path, err)
	}
	return path, nil
}
