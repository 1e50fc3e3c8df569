package plugin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// What stands in a cluster's directory.
const (
	filesName      = "files"
	unitsName      = "units"
	programsName   = "programs"
	upgradeName    = "upgrade"
	journalName    = "journal.json"
	kubeconfigName = "kubeconfig"
	lockName       = "lock"
	limitsName     = "containers.conf"
	nerdctlName    = "kind-nerdctl"
)

const (
	directoryMode = 0o700
	fileMode      = 0o600

	// programMode lets a program on a node run as a user that is not root there. On the host nobody else gets that far:
	// the cluster's directory is its owner's alone.
	programMode = 0o755
)

// Where nodes find what is in a cluster's directory.
const (
	// containerFilesDirectory has the control plane's files.
	containerFilesDirectory = "/etc/kubernetes/rampart"

	// containerUnitsDirectory is where systemd looks for what administrators add, and empty in node images.
	containerUnitsDirectory = "/usr/local/lib/systemd/system"

	// containerProgramsDirectory has programs that units start.
	containerProgramsDirectory = "/usr/local/libexec/rampart"
)

// lockPollInterval is how often a run looks whether an earlier run has let go of the directory.
const lockPollInterval = 200 * time.Millisecond

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// filesDirectory is the host folder that holds the control plane's files.
func filesDirectory(directory string) string {
	return filepath.Join(directory, filesName)
}

// ensureDirectory makes the cluster's directory. It will hold keys: a folder that others can look into is refused if
// there is something in it already, because its mode may be what somebody relies on.
func ensureDirectory(directory string) error {
	if err := os.MkdirAll(directory, directoryMode); err != nil {
		return fmt.Errorf("making directory %s: %w", directory, err)
	}
	info, err := os.Stat(directory)
	if err != nil {
		return fmt.Errorf("looking at directory %s: %w", directory, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		entries, err := os.ReadDir(directory)
		if err != nil {
			return fmt.Errorf("reading directory %s: %w", directory, err)
		}
		if len(entries) > 0 {
			return fmt.Errorf("directory %s has mode %04o and is not empty: it must be %04o, because it will hold keys; "+
				"name a folder of the cluster's own, or run: chmod 700 %[1]s", directory, info.Mode().Perm(), directoryMode)
		}
		if err := os.Chmod(directory, directoryMode); err != nil {
			return fmt.Errorf("setting the mode of directory %s: %w", directory, err)
		}
	}
	for _, folder := range []string{
		filesDirectory(directory), unitsDirectory(directory, roleControlPlane), unitsDirectory(directory, roleWorker),
	} {
		if err := os.MkdirAll(folder, directoryMode); err != nil {
			return fmt.Errorf("making directory %s: %w", folder, err)
		}
	}
	return ensureProgramsDirectory(directory)
}

// writeFile writes a file so that at no time anybody sees half of it or may read it but its owner.
func writeFile(name string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	// CreateTemp makes files with mode 0600. After the rename there is nothing left to remove.
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// syncFiles makes the folder's content exactly the given files and returns the names of those that had to change, sorted
// within those that had to go and those that are there. The folder itself stays the same one: it is mounted into nodes.
func syncFiles(folder string, files map[string]string) (changed []string, err error) {
	present, err := readFiles(folder)
	if err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(present) {
		if _, wanted := files[name]; wanted {
			continue
		}
		changed = append(changed, name)
		if err := os.Remove(filepath.Join(folder, filepath.FromSlash(name))); err != nil {
			return changed, fmt.Errorf("removing a control-plane file: %w", err)
		}
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			// It fails, and should, as long as something is in the folder.
			_ = os.Remove(filepath.Join(folder, filepath.FromSlash(parent)))
		}
	}
	for _, name := range sortedKeys(files) {
		if content, ok := present[name]; ok && content == files[name] {
			continue
		}
		changed = append(changed, name)
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), directoryMode); err != nil {
			return changed, fmt.Errorf("making a folder for control-plane file %s: %w", name, err)
		}
		if err := writeFile(file, []byte(files[name])); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// readFiles returns the folder's files by their slash-separated relative paths. A folder that is absent has none.
func readFiles(folder string) (map[string]string, error) {
	files := map[string]string{}
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the control plane's files: %w", err)
	}
	defer func() { _ = root.Close() }()
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := root.ReadFile(name)
		if err != nil {
			return err
		}
		files[name] = string(content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the control plane's files: %w", err)
	}
	return files, nil
}

// filesHash tells one set of files from another without giving their contents away.
func filesHash(files map[string]string) string {
	// Marshalling a map of strings cannot fail, and sorts its keys.
	encoded, _ := json.Marshal(files)
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])[:16]
}

// removeOurFiles removes what the plugin wrote into the directory, and the directory if nothing else is in it.
func removeOurFiles(directory string) error {
	for _, name := range []string{filesName, unitsName, programsName, upgradeName} {
		if err := os.RemoveAll(filepath.Join(directory, name)); err != nil {
			return fmt.Errorf("removing the nodes' %s: %w", name, err)
		}
	}
	for _, name := range []string{kubeconfigName, limitsName, nerdctlName, journalName, lockName} {
		if err := os.Remove(filepath.Join(directory, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a file of the cluster's: %w", err)
		}
	}
	// Half-written files of a run that was killed while it wrote them.
	for _, name := range []string{kubeconfigName, limitsName, nerdctlName, journalName} {
		leftovers, err := filepath.Glob(filepath.Join(directory, "."+name+"-*"))
		if err != nil {
			return fmt.Errorf("looking for half-written files: %w", err)
		}
		for _, leftover := range leftovers {
			if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("removing a half-written file: %w", err)
			}
		}
	}
	// It fails, and should, if something of somebody else's is in there.
	_ = os.Remove(directory)
	return nil
}

// lockDirectory keeps two runs from working on one cluster. The kernel lets go of the lock when its holder dies, however
// it dies. It waits for a run that is still cleaning up, for as long as ctx allows.
func lockDirectory(ctx context.Context, directory string, waiting func()) (unlock func(), err error) {
	name := filepath.Join(directory, lockName)
	told := false
	for {
		lock := flock.New(name, flock.SetPermissions(fileMode))
		locked, err := lock.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			// The holder before us has removed the directory with all that was in it.
			told, err = true, ensureDirectory(directory)
		}
		if err != nil {
			return nil, fmt.Errorf("locking directory %s: %w", directory, err)
		}
		// The holder before us may have removed the file after we opened it: then ours is a lock on nothing.
		if locked && isStill(lock, name) {
			return func() { _ = lock.Unlock() }, nil
		}
		_ = lock.Close()
		if !locked && !told {
			told = true
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another run that works on directory %s: %w", directory, ctx.Err())
		case <-time.After(lockPollInterval):
		}
	}
}

func isStill(lock *flock.Flock, name string) bool {
	opened, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(opened, named)
}
