// Package workspace knows the files of a clone: the repository, and the working folder with its tools, state and secrets.
package workspace

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
	"github.com/rampart-iac/rampart/stacks"
)

const (
	// folderMode and secretMode keep the working folder to its owner: it holds keys, passphrases and kubeconfigs.
	folderMode = 0o700
	secretMode = 0o600
)

// Workspace is one clone and its working folder. Making one does not touch the disk.
type Workspace struct {
	// Root is the folder of the repository, with Pulumi.yaml and the program.
	Root string

	// Home is the working folder: .rampart in the root, or RAMPART_HOME.
	Home string
}

// Open finds the repository that a directory is in, and its working folder.
func Open(directory string) (*Workspace, error) {
	root, err := findRoot(directory)
	if err != nil {
		return nil, err
	}
	home := os.Getenv(stacks.HomeVariable)
	if home == "" {
		home = filepath.Join(root, ".rampart")
	}
	if home, err = filepath.Abs(home); err != nil {
		return nil, fmt.Errorf("finding the working folder: %w", err)
	}
	return &Workspace{Root: root, Home: home}, nil
}

// findRoot looks for Rampart's project file in a directory and above it.
func findRoot(directory string) (string, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for current := directory; ; current = filepath.Dir(current) {
		if isFile(filepath.Join(current, "Pulumi.yaml")) && isFile(filepath.Join(current, "stacks", "program.go")) {
			return current, nil
		}
		if current == filepath.Dir(current) {
			return "", fmt.Errorf("%s is not in a clone of Rampart: run this inside of one", directory)
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Bin is the folder of this clone's tools.
func (w *Workspace) Bin() string { return filepath.Join(w.Home, "bin") }

// Tool is the path of one of the tools.
func (w *Workspace) Tool(name string) string { return filepath.Join(w.Bin(), name) }

// Built is the path of a program that is compiled from this clone. Pulumi.yaml names the folder, so that it is the same for
// every working folder.
func (w *Workspace) Built(name string) string { return filepath.Join(compiled.Folder(w.Root), name) }

// Stacks is the folder of the stack files.
func (w *Workspace) Stacks() string { return filepath.Join(w.Root, "stacks") }

func (w *Workspace) passphrase() string { return filepath.Join(w.Home, "passphrase") }
func (w *Workspace) state() string      { return filepath.Join(w.Home, "state") }
func (w *Workspace) pulumiHome() string { return filepath.Join(w.Home, "pulumi-home") }
func (w *Workspace) config() string     { return filepath.Join(w.Home, "config") }

// Create makes the working folder, for its owner alone. What stands already is left, but a folder that others can read
// is closed to them.
func (w *Workspace) Create() error {
	for _, path := range []string{w.Home, w.Bin()} {
		if err := os.MkdirAll(path, folderMode); err != nil {
			return fmt.Errorf("making the working folder: %w", err)
		}
	}
	if err := os.Chmod(w.Home, folderMode); err != nil {
		return fmt.Errorf("closing the working folder to others: %w", err)
	}
	return nil
}

// createState makes the folder of the state and, once, the passphrase that the secrets in it are encrypted with.
func (w *Workspace) createState() error {
	for _, path := range []string{w.state(), w.pulumiHome(), w.config()} {
		if err := os.MkdirAll(path, folderMode); err != nil {
			return fmt.Errorf("making the folder of the state: %w", err)
		}
	}
	if err := w.preventLogs(); err != nil {
		return err
	}
	if err := w.createPassphrase(); err != nil {
		return fmt.Errorf("making the passphrase: %w", err)
	}
	return nil
}

// createPassphrase makes a passphrase if there is none. It appears as a whole: half of one, or an empty file, would be taken for
// one ever after.
func (w *Workspace) createPassphrase() error {
	if _, err := os.Stat(w.passphrase()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	const entropy = 32 // bytes
	random := make([]byte, entropy)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	file, err := os.CreateTemp(w.Home, "passphrase-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(base64.RawURLEncoding.EncodeToString(random) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	// Unlike a rename, this leaves the passphrase of another run alone that was quicker.
	if err := os.Link(file.Name(), w.passphrase()); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// engineLogs is where the engine keeps its logs.
func (w *Workspace) engineLogs() string { return filepath.Join(w.pulumiHome(), "logs") }

// noLogs is what people read who look for the engine's logs.
const noLogs = `Pulumi writes every value that passes through it into a log of every command, and has no switch for that.
Rampart keeps it from doing so by this file. To have logs, make a folder of it: docs/decisions/0030-no-log-of-the-engine.md.
`

// preventLogs has a file stand where the engine would make the folder of its logs. A folder that is there is wanted, and left.
func (w *Workspace) preventLogs() error {
	file, err := os.OpenFile(w.engineLogs(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, secretMode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		_, err = file.WriteString(noLogs)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("keeping the engine from writing logs: %w", err)
	}
	return nil
}

// writeFile replaces a file of the working folder, so that a reader sees the old or the new one and never half of it.
func writeFile(path string, content []byte) error {
	temporary := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(temporary, content, secretMode); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}
