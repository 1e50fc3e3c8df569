package cis

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// fixture is a node that stands in a file.
type fixture struct {
	Listed []Process     `json:"processes"`
	Stored []fixtureFile `json:"files"`
}

type fixtureFile struct {
	Path, Mode, Owner, Content string
	Folder                     bool
}

var _ Node = (*fixture)(nil)

func readFixture(t *testing.T, name string) *fixture {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	node := &fixture{}
	if err := yaml.UnmarshalStrict(text, node); err != nil {
		t.Fatal(err)
	}
	return node
}

func (f *fixture) Processes(context.Context) ([]Process, error) { return f.Listed, nil }

func (f *fixture) Files(_ context.Context, path string) ([]File, error) {
	var found []File
	for _, stored := range f.Stored {
		if stored.Path != path && !strings.HasPrefix(stored.Path, path+"/") {
			continue
		}
		bits, err := strconv.ParseUint(stored.Mode, 8, 12)
		if err != nil {
			return nil, err
		}
		file := File{Path: stored.Path, Mode: fs.FileMode(bits), Owner: "root", Group: "root"}
		if stored.Owner != "" {
			file.Owner, file.Group, _ = strings.Cut(stored.Owner, ":")
		}
		if stored.Folder {
			file.Mode |= fs.ModeDir
		}
		found = append(found, file)
	}
	return found, nil
}

var processRoot = regexp.MustCompile(`^/proc/[0-9]+/root`)

func (f *fixture) Content(_ context.Context, path string) (string, error) {
	path = processRoot.ReplaceAllString(path, "")
	for _, stored := range f.Stored {
		if stored.Path == path {
			return stored.Content, nil
		}
	}
	return "", fmt.Errorf("%s: %w", path, fs.ErrNotExist)
}

// file returns the file at the path, which is added if it is not there.
func (f *fixture) file(path string) *fixtureFile {
	for i := range f.Stored {
		if f.Stored[i].Path == path {
			return &f.Stored[i]
		}
	}
	f.Stored = append(f.Stored, fixtureFile{Path: path, Mode: "600"})
	return &f.Stored[len(f.Stored)-1]
}

func (f *fixture) remove(path string) {
	f.Stored = slices.DeleteFunc(f.Stored, func(file fixtureFile) bool {
		return file.Path == path || strings.HasPrefix(file.Path, path+"/")
	})
}

// set gives a program's process a flag, in place of the one that it has. A value of "-" takes the flag away.
func (f *fixture) set(program, name, value string) {
	for i, process := range f.Listed {
		if !strings.HasSuffix(process.Args[0], program) {
			continue
		}
		args := slices.DeleteFunc(slices.Clone(process.Args), func(arg string) bool {
			return arg == "--"+name || strings.HasPrefix(arg, "--"+name+"=")
		})
		if value != "-" {
			args = append(args, "--"+name+"="+value)
		}
		f.Listed[i].Args = args
	}
}

// configure sets a field of a configuration file. A nil value takes it away.
func (f *fixture) configure(t *testing.T, path, field string, value any) {
	t.Helper()
	file := f.file(path)
	config := map[string]any{}
	if err := yaml.Unmarshal([]byte(file.Content), &config); err != nil {
		t.Fatal(err)
	}
	level := config
	keys := strings.Split(field, ".")
	for _, key := range keys[:len(keys)-1] {
		below, ok := level[key].(map[string]any)
		if !ok {
			below = map[string]any{}
			level[key] = below
		}
		level = below
	}
	if level[keys[len(keys)-1]] = value; value == nil {
		delete(level, keys[len(keys)-1])
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file.Content = string(text)
}
