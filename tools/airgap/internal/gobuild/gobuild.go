// Package gobuild makes static binaries out of Go modules: a recipe folder holds a go.mod and a go.sum that pin every
// module, and names of packages say what is built.
package gobuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Recipe describes one Go build.
type Recipe struct {
	// Dir is the recipe folder.
	Dir string
	// Binaries maps the name of a binary to the package that it is built from ("." is the recipe's own main package).
	Binaries []Binary
	// Tags are build tags.
	Tags []string
	// Stamps are -X assignments: full variable name to value.
	Stamps []Stamp
	// Overlay maps names of files in Dir to files of modules. The files seem to lie in Dir while it is built, so that a
	// main package of ours can embed what a module has and does not export.
	Overlay []Overlay
}

// Binary is one program of a Recipe.
type Binary struct{ Name, Package string }

// Stamp sets a string variable at link time.
type Stamp struct{ Variable, Value string }

// Overlay lends a file of a module to the recipe folder.
type Overlay struct {
	// Name of the file as the recipe's Go code sees it.
	Name string
	// Module that has it, and the path inside the module.
	Module, Path string
}

// Facts are what of the recipe goes into a part's key, beside the files in Dir. goVersion is the toolchain's.
func (r Recipe) Facts(goVersion string) []string {
	facts := []string{"go " + goVersion, "flags " + strings.Join(r.flags(), " ")}
	for _, b := range r.Binaries {
		facts = append(facts, "binary "+b.Name+" "+b.Package)
	}
	for _, o := range r.Overlay {
		facts = append(facts, "overlay "+o.Name+" "+o.Module+" "+o.Path)
	}
	return facts
}

// flags are the same for every machine, so that the same recipe gives the same bytes: no cgo (static, no libc of the
// host), no paths of the host, no symbol tables (half the size).
func (r Recipe) flags() []string {
	ld := []string{"-s", "-w"}
	for _, s := range r.Stamps {
		ld = append(ld, "-X", "'"+s.Variable+"="+s.Value+"'")
	}
	flags := []string{"-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", strings.Join(ld, " ")}
	if len(r.Tags) > 0 {
		flags = append(flags, "-tags", strings.Join(r.Tags, ","))
	}
	return flags
}

// Env is the environment of every go command here: the user's (proxies, module settings, caches), without what would
// change results. Compilers give memory back later, unless the user says when (docs/decisions/0037-memory-for-time.md).
func Env() []string {
	result := append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOMEMLIMIT=off")
	if os.Getenv("GOGC") == "" {
		result = append(result, "GOGC=400")
	}
	return result
}

// Version asks for the toolchain's version, for example "go1.26.8 linux/amd64".
func Version(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOARCH")
	cmd.Env = Env()
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("asking go for its version (is Go 1.26 or newer installed and on PATH?): %w", err)
	}
	return strings.Join(strings.Fields(string(out)), " "), nil
}

// Build builds the recipe's binaries into <job.Dir>/bin.
func (r Recipe) Build(ctx context.Context, job *part.Job) error {
	bin := filepath.Join(job.Dir, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return err
	}
	var extra []string
	if len(r.Overlay) > 0 {
		file := filepath.Join(job.Dir, "overlay.json")
		if err := r.writeOverlay(ctx, job, file); err != nil {
			return err
		}
		defer func() { _ = os.Remove(file) }()
		extra = []string{"-overlay", file}
	}
	job.Step("reading go.mod", 0, 0)
	total, err := r.countPackages(ctx, extra)
	if err != nil {
		return explain(err)
	}
	// go build names each package that it compiles; what the build cache has is not named. One call for all packages:
	// they share most of what they import, and their links overlap.
	done := int64(0)
	byPackage := map[string]string{}
	args := []string{"build", "-v"}
	args = append(append(args, r.flags()...), extra...)
	args = append(args, "-o", bin+string(filepath.Separator))
	for _, b := range r.Binaries {
		byPackage[b.Package] = b.Name
		args = append(args, b.Package)
	}
	err = job.Command(ctx, r.command(ctx, args...), func(line string) {
		if !strings.HasPrefix(line, "go: downloading") {
			done++
		}
		job.Step(strings.TrimPrefix(line, "go: "), done, total)
	})
	if err != nil {
		return explain(err)
	}
	// go build names a binary by the last element of its package's path (without a major version), which is not always
	// the wanted name.
	for _, b := range r.Binaries {
		natural := naturalName(b.Package, r.Dir)
		if natural == b.Name {
			continue
		}
		if err := os.Rename(filepath.Join(bin, natural), filepath.Join(bin, b.Name)); err != nil {
			return err
		}
	}
	return nil
}

func naturalName(pkg, dir string) string {
	if pkg == "." {
		pkg = modulePath(dir)
	}
	elements := strings.Split(pkg, "/")
	last := elements[len(elements)-1]
	if len(elements) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = elements[len(elements)-2]
	}
	return last
}

func modulePath(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if path, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(path)
		}
	}
	return ""
}

func (r Recipe) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = r.Dir, Env()
	return cmd
}

// countPackages is the number of packages that a build from nothing compiles: the 100% of the progress bar.
func (r Recipe) countPackages(ctx context.Context, extra []string) (int64, error) {
	args := []string{"list", "-mod=readonly", "-deps", "-f", "{{.ImportPath}}"}
	if len(r.Tags) > 0 {
		args = append(args, "-tags", strings.Join(r.Tags, ","))
	}
	args = append(args, extra...)
	for _, b := range r.Binaries {
		args = append(args, b.Package)
	}
	out, err := output(r.command(ctx, args...))
	return int64(bytes.Count(out, []byte("\n"))), err
}

func (r Recipe) writeOverlay(ctx context.Context, job *part.Job, file string) error {
	replace := map[string]string{}
	abs, err := filepath.Abs(r.Dir)
	if err != nil {
		return err
	}
	for _, o := range r.Overlay {
		job.Step("fetching "+o.Module, 0, 0)
		dir, err := ModuleDir(ctx, r.Dir, o.Module)
		if err != nil {
			return err
		}
		replace[filepath.Join(abs, o.Name)] = filepath.Join(dir, filepath.FromSlash(o.Path))
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// ModuleDir is the folder in the module cache that holds a module, in the version that the go.mod in recipe selects.
// The module is downloaded if need be.
func ModuleDir(ctx context.Context, recipe, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir, cmd.Env = recipe, Env()
	out, err := output(cmd)
	var answer struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &answer); jsonErr == nil && answer.Error != "" {
		return "", explain(fmt.Errorf("downloading %s: %s", module, answer.Error))
	}
	if err != nil {
		return "", explain(err)
	}
	if answer.Dir == "" {
		return "", fmt.Errorf("go mod download %s: no folder in the answer", module)
	}
	return answer.Dir, nil
}

// output runs a go command and keeps its complaint for the error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), &part.CommandError{Command: strings.Join(cmd.Args, " "), Tail: lastLines(stderr.String(), 20), Err: err}
	}
	return stdout.Bytes(), nil
}

func lastLines(text string, n int) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[max(0, len(lines)-n):]
}

// ErrModules marks failures to get modules, as opposed to failures to compile.
var ErrModules = errors.New("a Go module could not be downloaded")

// explain adds what to do when modules are out of reach.
func explain(err error) error {
	text := part.Explain(err)
	for _, sign := range []string{
		"403 Forbidden", "410 Gone", "404 Not Found", "dial tcp", "no such host", "i/o timeout", "connection refused",
		"TLS handshake", "module lookup disabled",
	} {
		if strings.Contains(text, sign) {
			return fmt.Errorf("%w: set GOPROXY to a module mirror that serves it, or fill GOMODCACHE beforehand with 'go mod download' "+
				"in the recipe folder on a machine that reaches one: %w", ErrModules, err)
		}
	}
	return err
}
