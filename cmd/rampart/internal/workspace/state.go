package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/stacks"
)

// This file reads what the engine's file backend writes. It looks only, but for notes: every change to the state is made by
// the Pulumi CLI.

// bookkeeping is the folder that the file backend keeps everything in, below the folder of its URL.
const bookkeeping = ".pulumi"

// The file backend replaces each of its files in one step, but not the note that it can keep beside it, of what type the
// content is and of its checksum, which nothing needs. An engine that is killed while it writes a note leaves half of it, and
// no engine reads the state after that: "failed to load checkpoint: EOF". So it keeps none.
const (
	withoutNotes  = "?metadata=skip"
	noteExtension = ".attrs"
)

// removeNotes removes those that an engine has written which was not told so.
func (w *Workspace) removeNotes() error {
	folder, err := os.OpenRoot(w.state())
	if err != nil {
		return fmt.Errorf("looking for notes beside the state: %w", err)
	}
	defer func() { _ = folder.Close() }()
	err = fs.WalkDir(folder.FS(), bookkeeping, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, noteExtension) {
			err = folder.Remove(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it is gone already, or nothing is there yet
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("removing notes beside the state: %w", err)
	}
	return nil
}

// Lock is a claim of one engine on a stack.
type Lock struct {
	PID       int       `json:"pid"`
	Username  string    `json:"username"`
	Hostname  string    `json:"hostname"`
	Timestamp time.Time `json:"timestamp"`
}

func (s *Stack) stateFile() string {
	return filepath.Join(s.state(), bookkeeping, "stacks", stacks.Project, s.Name+".json")
}

// Exists says whether the state knows the stack. Only for a backend of ours.
func (s *Stack) Exists() bool {
	// The user can have the backend compress its files.
	return isFile(s.stateFile()) || isFile(s.stateFile()+".gz") || isFile(s.stateFile()+".zst")
}

// Locks returns the locks on the stack. Only for a backend of ours.
func (s *Stack) Locks() ([]Lock, error) {
	paths, err := filepath.Glob(filepath.Join(
		s.state(), bookkeeping, "locks", "organization", stacks.Project, s.Name, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("listing the locks on stack %s: %w", s.Name, err)
	}
	var locks []Lock
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // given back this moment
		}
		if err != nil {
			return nil, fmt.Errorf("reading a lock on stack %s: %w", s.Name, err)
		}
		var lock Lock
		if err := json.Unmarshal(content, &lock); err != nil {
			// Whoever wrote half of it was killed over it, or is about to write the rest; nobody can be asked which.
			return nil, fmt.Errorf("reading a lock on stack %s: %s: %w; if no other run is at work, remove the file",
				s.Name, path, err)
		}
		locks = append(locks, lock)
	}
	return locks, nil
}

// Stale says whether the process that holds a lock is gone for certain: it was one of this machine, and there is no such
// process any more, or it is another program by now.
func (l Lock) Stale(hostname string, program func(pid int) (string, bool)) bool {
	if l.Hostname != hostname {
		return false
	}
	name, alive := program(l.PID)
	return !alive || (name != "" && name != "pulumi")
}

// Pending returns how many operations a killed engine has left unfinished in the state. Only for a backend of ours.
func (s *Stack) Pending() (int, error) {
	content, err := os.ReadFile(s.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the state of stack %s: %w", s.Name, err)
	}
	var state struct {
		Checkpoint struct {
			Latest struct {
				Pending []json.RawMessage `json:"pending_operations"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(content, &state); err != nil {
		return 0, fmt.Errorf("reading the state of stack %s: %s: %w", s.Name, s.stateFile(), err)
	}
	return len(state.Checkpoint.Latest.Pending), nil
}

// Output returns an output, a plain text, of the first resource of a type, or "" if there is none. Only for a backend of ours
// whose files are not compressed: found says whether there was such a file.
func (s *Stack) Output(resourceType, name string) (text string, found bool, err error) {
	resources, found, err := s.resources()
	if err != nil || !found {
		return "", found, err
	}
	for _, resource := range resources {
		if resource.Type == resourceType {
			text, _ := resource.Outputs[name].(string)
			return text, true, nil
		}
	}
	return "", true, nil
}

// Remains are the files that are left of a stack when the engine has removed its resources and its state.
func (s *Stack) Remains(clusters ...string) ([]string, error) {
	candidates := []string{s.configCopy(), s.crowdFile(Adding), s.crowdFile(Removing), s.settledFile()}
	for _, cluster := range clusters {
		candidates = append(candidates, stacks.ClusterDirectory(s.Home, cluster))
	}
	others, err := filepath.Glob(filepath.Join(s.state(), bookkeeping, "stacks", "*", "*.json*"))
	if err != nil {
		return nil, fmt.Errorf("listing the stacks in the state: %w", err)
	}
	if !s.Exists() {
		// An engine that is killed while it writes the state leaves a file beside it that "stack rm" does not know.
		others = slices.DeleteFunc(others, func(path string) bool {
			half := filepath.Dir(path) == filepath.Dir(s.stateFile()) &&
				strings.HasPrefix(filepath.Base(path), s.Name+".json.") && strings.HasSuffix(path, ".tmp")
			if half {
				candidates = append(candidates, path)
			}
			return half
		})
	}
	if len(others) == 0 {
		// A passphrase without a state has nothing to open. Plugins that the engine has downloaded are kept.
		candidates = append(candidates, s.config(), s.state(), s.passphrase(),
			s.engineLogs(), filepath.Join(s.pulumiHome(), "workspaces"))
	}
	var found []string
	for _, path := range candidates {
		if _, err := os.Lstat(path); err == nil {
			found = append(found, path)
		}
	}
	return found, nil
}

// RemoveEmpty removes folders of the working folder that nothing is in any more.
func (w *Workspace) RemoveEmpty() {
	// Removing a folder that has something in it fails, which is what is wanted.
	for _, path := range []string{filepath.Join(w.Home, "clusters"), w.pulumiHome()} {
		_ = os.Remove(path)
	}
}
