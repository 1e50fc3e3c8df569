package compiled_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rampart-iac/rampart/cmd/internal/compiled"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

func TestProgramsOfDifferentTagsAreApart(t *testing.T) {
	t.Parallel()
	for goFlags, want := range map[string]string{
		"":                                    "everything",
		"-buildvcs=false":                     "everything",
		"-tags=":                              "everything",
		"-tags=only":                          "only",
		"-buildvcs=false --tags=only,eks":     "eks+only",
		"-tags=eks,only,eks -mod=mod":         "eks+only",
		"-tags=only,eks -tags=only,aks":       "aks+only",
		"-ldflags=-tags=x -tags=../../escape": "..-..-escape",
	} {
		path := compiled.Program("/clone", goFlags)
		if got := filepath.Base(filepath.Dir(path)); got != want || filepath.Base(path) != "rampart-program" {
			t.Errorf("%q is at %s, want folder %q", goFlags, path, want)
		}
	}
}

func TestCompilersSpendMemoryUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ given, want []string }{
		{[]string{"GOFLAGS=-tags=eks"}, []string{"GOFLAGS=-tags=eks", "GOMEMLIMIT=off", "GOGC=400"}},
		{[]string{"GOGC=100", "A=b"}, []string{"GOGC=100", "A=b", "GOMEMLIMIT=off"}},
		{[]string{"GOMEMLIMIT=1GiB"}, []string{"GOMEMLIMIT=1GiB", "GOMEMLIMIT=off", "GOGC=400"}},
	} {
		if got := compiled.Compiler(row.given); !slices.Equal(got, row.want) {
			t.Errorf("of %q becomes %q, want %q", row.given, got, row.want)
		}
	}
}

// TestARunWithOtherTagsInBetween has a run compile its program, and another one, of a stack of another cloud, compile and start
// its own before the first one starts what it has compiled.
func TestARunWithOtherTagsInBetween(t *testing.T) {
	t.Parallel()
	c := newClone(t)
	c.write(t, "first")
	if got := c.start(t, ""); got != "first of all clouds" {
		t.Errorf("without tags: %q", got)
	}
	if got := c.start(t, "eks"); got != "first of eks" {
		t.Errorf("with those of eks: %q", got)
	}
	compiledForEKS := compiled.Program(c.root, flagsFor("eks"))
	if got := c.start(t, "aks"); got != "first of aks" {
		t.Errorf("with those of aks: %q", got)
	}
	if output, err := exec.CommandContext(t.Context(), compiledForEKS).CombinedOutput(); err != nil || string(output) != "first of eks\n" {
		t.Errorf("what was compiled for eks is now %q, %v", output, err)
	}
}

func TestAnUnchangedProgramIsNeitherLinkedNorPlacedAgain(t *testing.T) {
	t.Parallel()
	c := newClone(t)
	c.write(t, "first")
	c.start(t, "eks")
	before := c.stat(t, "eks")
	c.start(t, "aks")
	c.start(t, "eks")
	if !os.SameFile(before, c.stat(t, "eks")) {
		t.Error("the program was made again although nothing has changed")
	}
	c.write(t, "second")
	if got := c.start(t, "eks"); got != "second of eks" {
		t.Errorf("control: after a change of the source %q was started", got)
	}
}

// TestAProgramIsPlacedWhole starts what is in place over and over while other programs are put there.
func TestAProgramIsPlacedWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder [of mine", "program")
	place := func(number int) {
		if err := compiled.Place(t.Context(), path, compiled.Source{}, nil, func(to string) error {
			// As "go build" does: the name is free for a moment, and then the file grows.
			if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			text := fmt.Sprintf("#!/bin/sh\n%s\necho whole\n", strings.Repeat("#\n", number))
			return os.WriteFile(to, []byte(text), 0o700)
		}); err != nil {
			t.Error(err)
		}
	}
	place(0)
	if err := os.WriteFile(path+".123.next", []byte("of a run that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for number := 0; ctx.Err() == nil; number++ {
				place(number % 100)
			}
		})
	}
	for range 200 {
		// The shell reads the file, so that it may be put in place while another process has it open for writing.
		if output, err := exec.CommandContext(t.Context(), "sh", path).CombinedOutput(); err != nil || string(output) != "whole\n" {
			t.Errorf("started while it was put in place: %q, %v", output, err)
			break
		}
	}
	stop()
	others.Wait()
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 { // the program and its lock
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

func TestAProgramThatDoesNotCompileLeavesTheOneOfBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("does not compile")
	err := compiled.Place(t.Context(), path, compiled.Source{}, nil, func(to string) error {
		return errors.Join(os.Remove(to), os.WriteFile(to, []byte("half"), 0o600), broken)
	})
	if text, read := os.ReadFile(path); !errors.Is(err, broken) || read != nil || string(text) != "before" {
		t.Errorf("%q is in place, %v; placing it: %v", text, read, err)
	}
}

func TestRunsThatWantTheSameProgramTakeTurns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "program")
	waits := make(chan bool)
	var second sync.WaitGroup
	if err := compiled.Place(t.Context(), path, compiled.Source{}, nil, func(to string) error {
		second.Go(func() {
			if err := compiled.Place(t.Context(), path, compiled.Source{}, func() { close(waits) }, func(to string) error {
				return os.WriteFile(to, []byte("second"), 0o600)
			}); err != nil {
				t.Error(err)
			}
		})
		<-waits
		return os.WriteFile(to, []byte("first"), 0o600)
	}); err != nil {
		t.Fatal(err)
	}
	second.Wait()
	if text, err := os.ReadFile(path); err != nil || string(text) != "second" {
		t.Errorf("%q is in place, %v", text, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	err := compiled.Place(t.Context(), path, compiled.Source{}, nil, func(string) error {
		return compiled.Place(ended, path, compiled.Source{}, nil, func(string) error { return errors.New("compiled") })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a run that is to end and has to wait ends with: %v", err)
	}
}

// clone is a project with a program that prints what it was compiled of.
type clone struct{ root, launcher string }

func newClone(t *testing.T) clone {
	t.Helper()
	c := clone{root: t.TempDir(), launcher: filepath.Join(t.TempDir(), "launcher")}
	inputs.Sources(t, "../../rampart-launcher")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", c.launcher, "../../rampart-launcher")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for name, text := range map[string]string{
		"go.mod":  "module example.com/program\n\ngo 1.26\n",
		"main.go": "package main\n\nfunc main() { println(source + \" of \" + cloud) }\n",
		"all.go":  "//go:build !only\n\npackage main\n\nconst cloud = \"all clouds\"\n",
		"eks.go":  "//go:build only && eks\n\npackage main\n\nconst cloud = \"eks\"\n",
		"aks.go":  "//go:build only && aks\n\npackage main\n\nconst cloud = \"aks\"\n",
	} {
		if err := os.WriteFile(filepath.Join(c.root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// write changes the source.
func (c clone) write(t *testing.T, source string) {
	t.Helper()
	text := fmt.Sprintf("package main\n\nconst source = %q\n", source)
	if err := os.WriteFile(filepath.Join(c.root, "source.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func flagsFor(cloud string) string {
	if cloud == "" {
		return ""
	}
	return "-tags=only," + cloud
}

// start runs the program of a cloud, or of all, and returns what it prints.
func (c clone) start(t *testing.T, cloud string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), c.launcher)
	command.Dir = c.root
	command.Env = append(os.Environ(), "GOFLAGS="+flagsFor(cloud), "GOWORK=off")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	return lastLine(string(output))
}

// lastLine is without what the launcher says when compiling takes long.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func (c clone) stat(t *testing.T, cloud string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(compiled.Program(c.root, flagsFor(cloud)))
	if err != nil {
		t.Fatal(err)
	}
	return info
}
