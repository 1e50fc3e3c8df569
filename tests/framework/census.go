package framework

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/verify/live"
)

// Census is what a product may leave behind on a machine, each thing a line.
type Census []string

// volume is what a census calls things whose names say nothing. What kind makes for podman has the name of its node as a label,
// and is told by that; of Docker's it is known whose they are for as long as there is a node that uses them.
const volume = "volume "

// claimDeadline is how long a volume may be nobody's, while another test makes or removes a node.
const claimDeadline = time.Minute

// Census counts containers, networks and volumes of every engine, what podman has of networks beside them, the product's
// processes, temporary files and what is in its work folder of clusters and state. What belongs to the cluster of another
// installation of the tests, which may stand at the same time, it leaves out.
func (p *Product) Census(ctx context.Context) (Census, error) {
	var census Census
	for _, engine := range live.Engines(ctx) {
		for kind, list := range map[string][]string{
			"container ": {"ps", "--all", "--format", "{{.Names}}"},
			"network ":   {"network", "ls", "--format", "{{.Name}}"},
			volume:       {"volume", "ls", "--format", "{{.Name}} {{.Labels}}"},
		} {
			names, err := engine.Run(ctx, list...)
			if err != nil {
				return nil, err
			}
			for name := range strings.Lines(names) {
				census = append(census, fmt.Sprintf("%s %s%s", engine, kind, strings.TrimSpace(name)))
			}
		}
		others, err := p.volumesOfOthers(ctx, engine)
		if err != nil {
			return nil, err
		}
		census = slices.DeleteFunc(census, others)
	}
	ofNetworks, err := networksOfPodman(ctx)
	if err != nil {
		return nil, err
	}
	census = append(census, ofNetworks...)
	census = slices.DeleteFunc(census, p.isOfOthers)
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

// isOfOthers says that a line has the name of a cluster that is another installation's.
func (p *Product) isOfOthers(line string) bool {
	name := testCluster.FindString(line)
	return name != "" && name != p.Cluster
}

// volumesOfOthers says of a line that it is of a volume that a node of another installation uses.
func (p *Product) volumesOfOthers(ctx context.Context, engine live.Engine) (func(line string) bool, error) {
	names, err := engine.Lines(ctx, "ps", "--all", "--format", "{{.Names}}")
	if err != nil {
		return nil, err
	}
	var others []string
	for _, name := range names {
		if !p.isOfOthers(name) {
			continue
		}
		volumes, err := engine.Lines(ctx, "inspect", "--type", "container", "--format", "{{range .Mounts}}{{.Name}} {{end}}", name)
		if err != nil {
			continue // it has gone meanwhile, or is about to
		}
		others = append(others, volumes...)
	}
	return func(line string) bool {
		labelled, found := strings.CutPrefix(line, fmt.Sprintf("%s %s", engine, volume))
		name, _, _ := strings.Cut(labelled, " ")
		return found && slices.Contains(others, name)
	}, nil
}

// Left takes a census and returns what is there and was not before. A volume without a node may be that of another test, just
// about to make or to remove one, and so may a namespace without a container: it gets a minute to be somebody's, or to go.
// Nothing else does.
func (p *Product) Left(ctx context.Context, before Census) (Census, error) {
	for start := time.Now(); ; {
		now, err := p.Census(ctx)
		if err != nil {
			return nil, err
		}
		left := now.Since(before)
		unclaimed := func(line string) bool { return strings.Contains(line, " "+volume) || strings.HasPrefix(line, unknown) }
		if len(left) == 0 || !slices.ContainsFunc(left, unclaimed) || time.Since(start) > claimDeadline {
			return left, nil
		}
		select {
		case <-ctx.Done():
			return left, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// networksOfPodman are files of its name server, and what it has forgotten.
func networksOfPodman(ctx context.Context) ([]string, error) {
	known, err := NameServerFiles(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := forgottenByPodman(ctx)
	for _, file := range known {
		lines = append(lines, "name server's file "+file)
	}
	return lines, err
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
