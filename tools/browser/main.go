// Command browser finds or gets what the tests of the report need: Chromium, out of Debian's packages, and axe-core, which
// checks accessibility, out of the npm registry at the version and digest of package-lock.json. Nothing else is asked.
//
//	go run .    get what is missing, and print where both are, as JSON
package main

import (
	"context"
	"crypto/sha256"
	_ "embed" // what is asked of npm
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

var (
	//go:embed package.json
	manifest []byte

	//go:embed package-lock.json
	lock []byte
)

// ChromiumVariable names a browser of one's own.
const ChromiumVariable = "RAMPART_CHROMIUM"

// found is what is printed.
type found struct {
	Chromium string `json:"chromium"`
	// Version is what the browser says of itself.
	Version string `json:"version"`
	// Axe is the script that a page is checked with.
	Axe string `json:"axe"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var what found
	var faults [2]error
	what.Chromium, faults[0] = chromium(ctx)
	what.Axe, faults[1] = axe(ctx)
	err := errors.Join(faults[:]...)
	if err == nil {
		what.Version, err = version(ctx, what.Chromium)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(what)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser: "+err.Error())
		os.Exit(1)
	}
}

// packages are Debian's, of which the first is taken that there is. The headless build takes a third less of the processor
// for the same pages; older suites do not have it.
var packages = []string{"chromium-headless-shell", "chromium"}

// installed returns the browser that the machine has.
func installed() string {
	names := append(slices.Clone(packages), "chromium-browser", "google-chrome-stable", "google-chrome")
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// chromium finds a browser, and installs Debian's where that can be done without asking anybody.
func chromium(ctx context.Context) (string, error) {
	if path := os.Getenv(ChromiumVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", ChromiumVariable, err)
		}
		return path, nil
	}
	if path := installed(); path != "" {
		return path, nil
	}
	var failed error
	for _, name := range packages {
		command := "apt-get update && apt-get install --yes --no-install-recommends " + name
		if err := apt(ctx, command, name); err != nil {
			failed = err
			continue
		}
		if path := installed(); path != "" {
			return path, nil
		}
		failed = fmt.Errorf("it is not there after %q", command)
	}
	return "", fmt.Errorf("there is no Chromium: %w, or name one of your own with %s", failed, ChromiumVariable)
}

func version(ctx context.Context, browser string) (string, error) {
	output, err := exec.CommandContext(ctx, browser, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", browser, err)
	}
	return strings.TrimSpace(string(output)), nil
}

// apt installs Debian packages as root; to anybody else it says the command.
func apt(ctx context.Context, command string, packages ...string) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("install it with your system's packages")
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("run as root: %s", command)
	}
	fmt.Fprintln(os.Stderr, "Installing Debian packages: "+strings.Join(packages, " "))
	for _, args := range [][]string{{"update"}, append([]string{"install", "--yes", "--no-install-recommends"}, packages...)} {
		install := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := install.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, output)
		}
	}
	return nil
}

// axe has npm put axe-core into a folder of its own, whose name is the digest of what is asked: what is there is complete.
func axe(ctx context.Context) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(manifest, lock...))
	folder := filepath.Join(cache, "browser", hex.EncodeToString(sum[:8]))
	script := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(script); err == nil {
		return script, nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		const command = "apt-get update && apt-get install --yes --no-install-recommends npm"
		if err := apt(ctx, command, "npm"); err != nil {
			return "", fmt.Errorf("there is no npm, which gets axe-core: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return "", err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(folder), "new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	for name, content := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(temporary, name), content, 0o600); err != nil {
			return "", err
		}
	}
	// npm checks the digest; no script of the package is run.
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = temporary
	if output, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("getting axe-core with npm ci: %w\n%s", err, output)
	}
	if err := os.Rename(temporary, folder); err != nil {
		if _, there := os.Stat(script); there != nil { // nobody else was faster
			return "", err
		}
	}
	return script, nil
}

// cacheDir is shared by all clones of the repository, like that of the air-gapped build.
func cacheDir() (string, error) {
	if dir := os.Getenv("RAMPART_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; set RAMPART_CACHE", err)
	}
	return filepath.Join(dir, "rampart"), nil
}
