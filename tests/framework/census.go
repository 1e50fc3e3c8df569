package framework

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/verify/live"
)

// Census is what a product may leave behind on a machine, each thing a line.
type Census []string

// Census counts containers, networks and volumes of every engine, networks that podman's name server knows, the product's
// processes, temporary files and what is in its work folder of clusters and state.
func (p *Product) Census(ctx context.Context) (Census, error) {
	var census Census
	for _, engine := range live.Engines(ctx) {
		for kind, list := range map[string][]string{
			"container": {"ps", "--all", "--format", "{{.Names}}"},
			"network":   {"network", "ls", "--format", "{{.Name}}"},
			"volume":    {"volume", "ls", "--format", "{{.Name}}"},
		} {
			names, err := engine.Lines(ctx, list...)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				census = append(census, fmt.Sprintf("%s %s %s", engine, kind, name))
			}
		}
	}
	known, err := NameServerFiles(ctx)
	if err != nil {
		return nil, err
	}
	for _, file := range known {
		census = append(census, "name server's file "+file)
	}
	running, err := mentioning(p.Home(), p.Cluster)
	if err != nil {
		return nil, err
	}
	for _, command := range running {
		// podman's name server inherits the environment of whichever call started it, serves the networks of everybody, and
		// ends by itself some time after the last of them. What is ours of it, the network, is counted above.
		if strings.Contains(command, "/aardvark-dns ") {
			continue
		}
		census = append(census, "process "+command)
	}
	for _, dir := range []string{
		p.TempDir(), filepath.Join(p.Home(), "tmp"), filepath.Join(p.Home(), "clusters"), filepath.Join(p.Home(), "state"),
	} {
		files, err := filesUnder(dir)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			// The backend keeps a note of its own format; it is no stack's.
			if strings.HasPrefix(filepath.Base(file), "meta.yaml") {
				continue
			}
			census = append(census, "file "+file)
		}
	}
	slices.Sort(census)
	return census, nil
}

// NameServerFiles are those that podman's name server has of networks, one of each. Without podman there are none.
func NameServerFiles(ctx context.Context) ([]string, error) {
	podman := live.Engine("podman")
	if !slices.Contains(live.Engines(ctx), podman) {
		return nil, nil
	}
	run, err := podman.Run(ctx, "info", "--format", "{{.Store.RunRoot}}")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, parent := range []string{filepath.Dir(strings.TrimSpace(run)), strings.TrimSpace(run)} {
		files, err := filesUnder(filepath.Join(parent, "networks", "aardvark-dns"))
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(files, func(file string) bool { return filepath.Base(file) == "aardvark.pid" })...)
	}
	return all, nil
}

// filesUnder returns the files, not the folders, under a folder that need not exist.
func filesUnder(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == dir {
				return fs.SkipAll
			}
			return err
		}
		if !entry.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// Since returns what is there now and was not before.
func (c Census) Since(before Census) Census {
	return slices.DeleteFunc(slices.Clone(c), func(line string) bool { return slices.Contains(before, line) })
}

// String is one line a thing.
func (c Census) String() string { return strings.Join(c, "\n") }
