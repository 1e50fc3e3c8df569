package compiled_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

// place has a program compiled from a source, by writing something, and says whether that was asked for.
func place(t *testing.T, path string, source compiled.Source) (asked bool) {
	t.Helper()
	err := compiled.Place(t.Context(), path, source, nil, func(to string) error {
		asked = true
		return errors.Join(os.RemoveAll(to), os.WriteFile(to, []byte("program"), 0o700))
	})
	if err != nil {
		t.Error(err)
	}
	return asked
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestGoIsAskedWhenSomethingHasChanged changes one thing after the other that a program is compiled from, and things that it is
// not.
func TestGoIsAskedWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	root, program, settings := t.TempDir(), filepath.Join(t.TempDir(), "program"), filepath.Join(t.TempDir(), "env")
	environment := []string{"CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false", "GOENV=" + settings}
	args := []string{"build", "."}
	file := func(name, text string) func() {
		return func() { write(t, filepath.Join(root, name), text) }
	}
	for _, step := range []struct {
		what   string
		change func()
		asked  bool
	}{
		{"the first time", file("go.mod", "module example.com/program\n"), true},
		{"nothing", func() {}, false},
		{"a new file", file("folder/new.go", "package folder\n"), true},
		{"another text of the same length", file("folder/new.go", "package golder\n"), true},
		{"what a program may embed", file("folder/page.css", "body {}"), true},
		{"the same text, later", func() {
			if err := os.Chtimes(filepath.Join(root, "go.mod"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"what no program is compiled from", file("docs/page.md", "text"), false},
		{"the state", file(".rampart/state.json", "{}"), false},
		{"a folder called docs further down", file("folder/docs/doc.go", "package docs\n"), true},
		{"a file less", func() {
			if err := os.Remove(filepath.Join(root, "folder", "page.css")); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a dependency", file("go.mod", "module example.com/program\n\nrequire example.com/other v1.0.0\n"), true},
		{"a build tag", func() { environment = append(environment, "GOFLAGS=-buildvcs=false -tags=eks") }, true},
		{"a variable of Go", func() { environment = append(environment, "GOARCH=arm64") }, true},
		{"another's variable", func() { environment = append(environment, "GOOGLE_PROJECT=mine", "PULUMI_STACK=mine") }, false},
		{"how much memory Go may take", func() { environment = append(environment, "GOGC=400", "GOMEMLIMIT=1GiB") }, false},
		{"a setting of Go", func() { write(t, settings, "GOEXPERIMENT=something\n") }, true},
		{"a flag", func() { args = append(args, "-ldflags=-s") }, true},
		{"build tags that count", func() { args = append(args, "-tags=") }, true},
		{"build tags that do not", func() { environment = append(environment, "GOFLAGS=-buildvcs=false -tags=aks,only") }, false},
		{"the program", func() { write(t, program, "program!") }, true},
		{"no program", func() {
			if err := os.Remove(program); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"nothing, at last", func() {}, false},
	} {
		step.change()
		if asked := place(t, program, compiled.From(root, environment, args...)); asked != step.asked {
			t.Errorf("%s: compiled %t, want %t", step.what, asked, step.asked)
		}
	}
}

// TestGoIsAlwaysAskedAboutWhatIsElsewhere has it compile with what a look at the clone cannot tell of.
func TestGoIsAlwaysAskedAboutWhatIsElsewhere(t *testing.T) {
	t.Parallel()
	plain := []string{"CGO_ENABLED=0", "GOWORK=off", "GOENV=off"}
	for what, row := range map[string]struct {
		goMod       string
		environment []string
		again       bool
	}{
		"control":               {"module example.com/program\n", plain, false},
		"a C compiler":          {"module example.com/program\n", append(slices.Clone(plain), "CGO_ENABLED=1"), true},
		"C, unless said":        {"module example.com/program\n", plain[1:], true},
		"a workspace":           {"module example.com/program\n", append(slices.Clone(plain), "GOWORK=/elsewhere/go.work"), true},
		"a workspace above":     {"module example.com/program\n", append(slices.Clone(plain), "GOWORK="), true},
		"the history":           {"module example.com/program\n", append(slices.Clone(plain), "GOFLAGS=-buildvcs=true"), true},
		"files laid over":       {"module example.com/program\n", append(slices.Clone(plain), "GOFLAGS=-overlay=/elsewhere.json"), true},
		"a module next door":    {"module example.com/program\n\nreplace example.com/other => ../other\n", plain, true},
		"a module of a version": {"module example.com/program\n\nreplace example.com/other => example.com/fork v1.0.0\n", plain, false},
	} {
		above := t.TempDir()
		root, program := filepath.Join(above, "clone"), filepath.Join(t.TempDir(), "program")
		write(t, filepath.Join(above, "go.work"), "go 1.26\n")
		write(t, filepath.Join(root, "go.mod"), row.goMod)
		source := compiled.From(root, row.environment, "build")
		if !place(t, program, source) {
			t.Errorf("%s: not compiled the first time", what)
		}
		if again := place(t, program, source); again != row.again {
			t.Errorf("%s: compiled again %t, want %t", what, again, row.again)
		}
	}
}

// TestAChangeWhileItCompiles may be in the program or not, and still be in it when it is taken back.
func TestAChangeWhileItCompiles(t *testing.T) {
	t.Parallel()
	root, program := t.TempDir(), filepath.Join(t.TempDir(), "program")
	write(t, filepath.Join(root, "go.mod"), "module example.com/program\n")
	source := compiled.From(root, []string{"CGO_ENABLED=0", "GOWORK=off", "GOENV=off"}, "build")
	err := compiled.Place(t.Context(), program, source, nil, func(to string) error {
		write(t, filepath.Join(root, "main.go"), "package main\n")
		return os.WriteFile(to, []byte("program"), 0o700)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "main.go")); err != nil {
		t.Fatal(err)
	}
	if !place(t, program, source) {
		t.Error("not compiled again")
	}
	if place(t, program, source) {
		t.Error("control: compiled again without a change")
	}
}

// TestNoProgramIsCompiledFromWhatIsNotLookedAt asks Go for every file of this clone that is in one of its programs.
func TestNoProgramIsCompiledFromWhatIsNotLookedAt(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	inputs.Sources(t, root)
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,GoFiles,EmbedFiles,OtherFiles", ".", "./cmd/...")
	list.Dir = root
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var folder struct {
			Dir                             string
			GoFiles, EmbedFiles, OtherFiles []string
		}
		if err := decoder.Decode(&folder); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, file := range slices.Concat(folder.GoFiles, folder.EmbedFiles, folder.OtherFiles) {
			relative, err := filepath.Rel(root, filepath.Join(folder.Dir, file))
			if err != nil || strings.HasPrefix(relative, "..") {
				continue // a library's
			}
			ours++
			top, _, _ := strings.Cut(relative, string(filepath.Separator))
			if slices.Contains([]string{"bin", "docs", "tests", "tools"}, top) || strings.Contains("/"+relative, "/.") {
				t.Errorf("%s is compiled, and a change of it is not seen", relative)
			}
		}
	}
	if ours == 0 {
		t.Error("control: no file of this clone is in its programs")
	}
}
