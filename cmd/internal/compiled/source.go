package compiled

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Source is what a program is compiled from: the files of a clone, the toolchain, and what that is told. Compared with what the
// program was compiled from the last time it says in some 30 ms what takes "go build" half a second and more to find out: that
// there is nothing to do. The zero Source is known of nothing, so that Go finds out.
type Source struct {
	root        string
	environment []string
	args        []string
}

// From is the source in a clone, for "go" with an environment, of which the last entry for a name counts, and arguments.
func From(root string, environment []string, args ...string) Source {
	return Source{root: root, environment: environment, args: args}
}

// Folders at the top of a clone that no program is compiled from.
var notCompiled = []string{"bin", "docs", "tests", "tools"}

// goVariable matches the names of variables that Go reads.
var goVariable = regexp.MustCompile(`^(GO[A-Z0-9]+|CGO_ENABLED)$`)

// running matches the names of those that say how a program of Go runs, the compiler among them, and not what it makes.
var running = regexp.MustCompile(`^GO(GC|MAXPROCS|MEMLIMIT|TRACEBACK)$`)

// tagsFlag matches the flag for build tags. What is among the arguments counts, and not what is in GOFLAGS.
var tagsFlag = regexp.MustCompile(`^--?tags(=|$)`)

// beyond matches flags with which Go reads or does what is not in the clone: other files, other programs, the history.
var beyond = regexp.MustCompile(`-(overlay|modfile|toolexec|pgo|buildvcs=(true|auto))`)

// elsewhere matches a replacement, in go.mod, by a folder.
var elsewhere = regexp.MustCompile(`=>\s*["` + "`" + `]?[./]`)

// digest is the same as long as "go build" would make the same program, and empty if that cannot be told from here.
func (s Source) digest() (string, error) {
	if s.root == "" {
		return "", nil
	}
	variables := map[string]string{}
	for _, entry := range s.environment {
		name, value, _ := strings.Cut(entry, "=")
		if goVariable.MatchString(name) && !running.MatchString(name) {
			variables[name] = value
		}
	}
	if slices.ContainsFunc(s.args, tagsFlag.MatchString) {
		// Whatever stack comes next: it is the same program.
		variables["GOFLAGS"] = strings.Join(slices.DeleteFunc(strings.Fields(variables["GOFLAGS"]), tagsFlag.MatchString), " ")
	}
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("reading what the programs are compiled from: %w", err)
	}
	goMod, err := os.ReadFile(filepath.Join(s.root, "go.mod"))
	if err != nil {
		return fail(err)
	}
	if variables["CGO_ENABLED"] != "0" || beyond.MatchString(variables["GOFLAGS"]+" "+strings.Join(s.args, " ")) ||
		elsewhere.Match(goMod) || s.inWorkspace(variables["GOWORK"]) {
		return "", nil
	}
	toolchain, err := toolchain(variables["GOENV"])
	if err != nil {
		return fail(err)
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q\n", variables, s.args, toolchain)
	if err := s.hashFiles(hash); err != nil {
		return fail(err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// hashFiles writes the names and contents of all files that a program may be compiled from.
func (s Source) hashFiles(hash io.Writer) error {
	return filepath.WalkDir(s.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(s.root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if relative != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains(notCompiled, relative)) {
				return filepath.SkipDir
			}
			return nil
		}
		content, err := os.ReadFile(path) //nolint:gosec // G122: the folder is that of this clone
		if err != nil && entry.Type()&fs.ModeSymlink != 0 {
			return nil // to a folder, or to nothing: Go does not follow it either
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%q %x\n", relative, sha256.Sum256(content))
		return err
	})
}

// inWorkspace says whether modules outside the clone may take part, given the variable GOWORK.
func (s Source) inWorkspace(named string) bool {
	if named != "" {
		return named != "off"
	}
	for folder := s.root; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return true
		}
		if folder == filepath.Dir(folder) {
			return false
		}
	}
}

// toolchain tells one Go, with its user's settings, from another. settings is the variable GOENV.
func toolchain(settings string) (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("%w; install Go 1.26 or later from https://go.dev/dl", err)
	}
	// Behind links, such as those of managers of versions.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	about, err := identity(path)
	if err != nil {
		return "", err
	}
	if settings == "" {
		folder, err := os.UserConfigDir()
		if err != nil {
			return "", nil //nolint:nilerr // Go has none then, either
		}
		settings = filepath.Join(folder, "go", "env")
	}
	content, err := os.ReadFile(settings)
	if err != nil && settings != "off" && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return fmt.Sprintf("%s %s %x", path, about, sha256.Sum256(content)), nil
}

// identity changes whenever a file is written anew.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes of %d", info.Size(), info.ModTime().UnixNano()), nil
}

// markExtension ends the name of the file that says what a program was compiled from.
const markExtension = ".from"

// compiledFrom says whether the program at a path is there, and is what was compiled from a source with the digest.
func compiledFrom(path, digest string) bool {
	if digest == "" {
		return false
	}
	about, err := identity(path)
	if err != nil {
		return false
	}
	mark, err := os.ReadFile(path + markExtension)
	return err == nil && bytes.Equal(mark, []byte(digest+" "+about))
}

// mark notes what the program at a path was compiled from.
func mark(path, digest string) error {
	about, err := identity(path)
	if err != nil {
		return err
	}
	const mode = 0o600
	return os.WriteFile(path+markExtension, []byte(digest+" "+about), mode)
}
