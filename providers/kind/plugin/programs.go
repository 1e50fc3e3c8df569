package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// programsDirectory is the host folder that holds copies of the control plane's programs.
func programsDirectory(directory string) string {
	return filepath.Join(directory, programsName)
}

func ensureProgramsDirectory(directory string) error {
	folder := programsDirectory(directory)
	if err := os.MkdirAll(folder, programMode); err != nil {
		return fmt.Errorf("making directory %s: %w", folder, err)
	}
	// Whatever the umask: on a node, programs run as other users.
	if err := os.Chmod(folder, programMode); err != nil {
		return fmt.Errorf("setting the mode of directory %s: %w", folder, err)
	}
	return nil
}

// syncPrograms makes the folder's content copies of exactly the given programs. A copy that is up to date is left alone;
// another one is replaced in one step, so that a process that runs from it goes on.
func syncPrograms(folder string, programs map[string]string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("reading the control plane's programs: %w", err)
	}
	for _, entry := range entries {
		if _, wanted := programs[entry.Name()]; wanted {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return fmt.Errorf("removing a program of the control plane: %w", err)
		}
	}
	for _, name := range sortedKeys(programs) {
		content, err := os.ReadFile(programs[name])
		if err != nil {
			return fmt.Errorf("copying program %s: %w", name, err)
		}
		copied := filepath.Join(folder, name)
		present, err := os.ReadFile(copied)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("copying program %s: %w", name, err)
		}
		if err != nil || !bytes.Equal(content, present) {
			if err := writeFile(copied, content); err != nil {
				return err
			}
		}
		if err := os.Chmod(copied, programMode); err != nil {
			return fmt.Errorf("copying program %s: %w", name, err)
		}
	}
	return nil
}

// programFaults says which of the programs are not there to be copied.
func programFaults(programs map[string]string) []string {
	var faults []string
	for _, name := range sortedKeys(programs) {
		info, err := os.Stat(programs[name])
		switch {
		case err != nil:
			faults = append(faults, fmt.Sprintf("the program %s is not there: %v: compile it", name, err))
		case !info.Mode().IsRegular():
			faults = append(faults, fmt.Sprintf("the program %s is not a file: %s", name, programs[name]))
		}
	}
	return faults
}
