// Package compiled keeps what is compiled from a clone, so that several runs in it can go on at the same time: of stacks that
// need different programs, and while the source changes.
package compiled

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is where the programs of a clone are. Pulumi.yaml names it, too.
func Folder(root string) string { return filepath.Join(root, ".rampart", "bin") }

// everything is the folder of the program that is compiled without build tags.
const everything = "everything"

// Program is the path of the compiled Pulumi program for the build tags in goFlags, which is in the form of the environment
// variable GOFLAGS. Each set of tags has a program of its own: they differ in what they can make, and a run must never start
// the one of a run beside it.
func Program(root, goFlags string) string {
	return filepath.Join(Folder(root), "programs", nameOf(tagsIn(goFlags)), "rampart-program")
}

// tagsIn returns the build tags, in an order that says nothing. The last word counts, as it does to Go.
func tagsIn(goFlags string) []string {
	var tags []string
	for _, flag := range strings.Fields(goFlags) {
		flag = strings.TrimPrefix(flag, "-") // Go takes one dash and two
		if list, found := strings.CutPrefix(flag, "-tags="); found {
			tags = strings.Split(list, ",")
		} else if list, found := strings.CutPrefix(flag, "tags="); found {
			tags = strings.Split(list, ",")
		}
	}
	tags = slices.DeleteFunc(tags, func(tag string) bool { return tag == "" })
	slices.Sort(tags)
	return slices.Compact(tags)
}

// nameOf makes a file name of tags. Go has letters, digits, underscores and dots in them, and fails on anything else.
func nameOf(tags []string) string {
	if len(tags) == 0 {
		return everything
	}
	return strings.ReplaceAll(strings.Join(tags, "+"), string(filepath.Separator), "-")
}

// ProgramBuild is how go is called, in the root of the clone, to compile the program to a path. Without what only a debugger
// reads it is a third smaller, and there may be one for each cloud.
func ProgramBuild(to string) []string { return []string{"build", "-o", to, "-ldflags=-s -w", "."} }

// Compiler is an environment for "go build" and what it starts, made from another one: compilers live for seconds, and spent a
// fifth of the processor's time on giving back memory (docs/decisions/0037-memory-for-time.md). A GOGC that is there already
// stays.
func Compiler(environment []string) []string {
	added := []string{"GOMEMLIMIT=off"}
	if !slices.ContainsFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, "GOGC=") }) {
		added = append(added, "GOGC=400")
	}
	return slices.Concat(environment, added)
}

// The mode of folders of compiled programs, as of everything in the working folder.
const folderMode = 0o700

// Place has a program compiled, and puts it where it belongs in one step: whoever starts what is there finds the whole
// program of before or the whole new one. compile gets the path to compile to, where the program of before is: "go build"
// leaves that as it is if nothing has changed, so that an unchanged program is neither linked again nor put in place again.
// Runs that want the same program take turns; waiting is called once, if this one has to wait. If the program that is there was
// compiled from the same source, nothing is called.
func Place(ctx context.Context, path string, from Source, waiting func(), compile func(to string) error) (err error) {
	fail := func(err error) error { return fmt.Errorf("putting %s in place: %w", filepath.Base(path), err) }
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return fail(err)
	}
	free, err := take(ctx, path+".lock", waiting)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, free()) }()
	digest, err := from.digest()
	if err != nil {
		return err
	}
	if compiledFrom(path, digest) {
		return nil
	}
	// Of a run that was killed, Go may still be at work: what it makes must not get into ours.
	next := fmt.Sprintf("%s.%d%s", path, os.Getpid(), nextExtension)
	if err := removeLeft(path); err != nil {
		return fail(err)
	}
	defer func() { _ = os.Remove(next) }()
	// The same file by another name. Go never writes into a program that is there, it removes the name first. Where there
	// are no such links, an unchanged program is linked again, which is right as well.
	_ = os.Link(path, next)
	if err := compile(next); err != nil {
		return err
	}
	if !same(path, next) {
		if err := os.Rename(next, path); err != nil {
			return fail(err)
		}
	}
	// What was changed meanwhile may be in the program or not.
	if after, err := from.digest(); err != nil || digest == "" || after != digest {
		return err
	}
	if err := mark(path, digest); err != nil {
		return fail(err)
	}
	return nil
}

// nextExtension ends the name of what is being compiled.
const nextExtension = ".next"

// removeLeft removes what runs that were killed have left of a program.
func removeLeft(path string) error {
	folder, program := filepath.Split(path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, program+".") || !strings.HasSuffix(name, nextExtension) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func same(one, other string) bool {
	first, err := os.Stat(one)
	if err != nil {
		return false
	}
	second, err := os.Stat(other)
	return err == nil && os.SameFile(first, second)
}
