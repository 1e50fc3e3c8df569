package plugin

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// monitorGrace is how long the monitor of a container that was just removed may take to end by itself.
const monitorGrace = 3 * time.Second

// monitor is a process of podman's that watches over one container (conmon).
type monitor struct {
	// container is the container's whole id, name its name.
	container, name string
}

// containerID is what podman calls a container by.
var containerID = regexp.MustCompile(`^[0-9a-f]+$`)

// deleteMonitors removes the containers of a cluster's nodes that podman made and does not know: killed between the making
// of a container and its start, podman 4 keeps no note that it was made. "podman rm" then removes the rest of it, and the
// monitor and the container's first process wait for a start for good. Seen in 4.3.1.
func (k *kindClient) deleteMonitors(ctx context.Context, cluster string) error {
	if k.name() != enginePodman || k.info.storage == "" || k.info.runtime == "" || k.info.remote {
		return nil // what runs on this machine is none of an engine's on another
	}
	for deadline := time.Now().Add(monitorGrace); ; {
		left, err := k.forgotten(ctx, cluster)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return k.endContainers(ctx, left)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(stopInterval):
		}
	}
}

// forgotten returns the monitors of nodes of the cluster that podman does not know.
func (k *kindClient) forgotten(ctx context.Context, cluster string) ([]monitor, error) {
	running := slices.DeleteFunc(monitors(procFolder, k.info, os.Geteuid()), func(m monitor) bool {
		return !isNodeName(m.name, cluster)
	})
	if len(running) == 0 {
		return nil, nil
	}
	out, err := k.engine.run(ctx, "ps", "--all", "--no-trunc", "--format", "{{.ID}}")
	if err != nil {
		return nil, fmt.Errorf("listing containers: %w", err)
	}
	known := strings.Fields(out)
	return slices.DeleteFunc(running, func(m monitor) bool { return slices.Contains(known, m.container) }), nil
}

// endContainers has each container deleted by the program that podman makes containers with, which ends its processes. Its
// monitor then ends too.
func (k *kindClient) endContainers(ctx context.Context, left []monitor) error {
	for _, m := range left {
		if _, err := (command{program: k.info.runtime}).run(ctx, "delete", "--force", m.container); err != nil {
			return fmt.Errorf("ending container %s of node %s, which podman forgot when it was killed: %w; its monitor is a process "+
				"named conmon: end it by hand, then run this again", m.container, m.name, err)
		}
	}
	return nil
}

// procFolder is where Linux shows its processes. Where there is none, no monitor runs: podman's machine has its own kernel.
const procFolder = "/proc"

// monitors returns those that a user runs for an engine's containers. Anybody may start a process that looks like one: it
// counts only if it belongs to whoever acts on it and is the engine's own conmon. The first alone would not do, because whoever
// starts a program that becomes root (su, say) chooses its arguments. No program that a process names is ever run.
func monitors(proc string, info engineInfo, owner int) []monitor {
	folders, _ := filepath.Glob(filepath.Join(proc, "[0-9]*")) // its only error is a bad pattern
	var found []monitor
	for _, folder := range folders {
		args, err := commandLine(folder, info.monitor, owner)
		if err != nil {
			continue // it ended meanwhile, or is something else, or somebody else's
		}
		if m, ok := parseMonitor(args, info.storage); ok {
			found = append(found, m)
		}
	}
	return found
}

// commandLine returns the arguments of a process that runs a program and belongs to a user. All that it looks at is of one
// process: the folder that it holds open is empty once that has ended, even if another one has its number by then.
func commandLine(folder, program string, owner int) ([]string, error) {
	process, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = process.Close() }()
	text, err := process.ReadFile("cmdline")
	if err != nil {
		return nil, err
	}
	// Looked at after the arguments: what they were read from cannot have become this program since, unless its owner is.
	info, err := process.Stat("cmdline")
	if err != nil {
		return nil, err
	}
	runs, err := process.Readlink("exe")
	if err != nil {
		return nil, err
	}
	if uid, known := ownerOf(info); !known || uid != owner || runs != program {
		return nil, fs.ErrPermission
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), nil
}

// parseMonitor reads a command line of conmon's, which is for a container of the storage or something else.
func parseMonitor(args []string, storage string) (monitor, bool) {
	var m monitor
	var bundle string
	// What conmon is to run in the end stands last, and has options of its own.
	if last := slices.Index(args, "--exit-command"); last >= 0 {
		args = args[:last]
	}
	for i := 1; i < len(args); i++ {
		option, value, attached := strings.Cut(args[i], "=")
		if !attached && i+1 < len(args) {
			value = args[i+1]
		}
		switch option {
		case "-c", "--cid":
			m.container = value
		case "-n", "--name":
			m.name = value
		case "-b", "--bundle":
			bundle = value
		case "--runtime-arg": // its value looks like an option
		default:
			continue
		}
		if !attached {
			i++
		}
	}
	ours := strings.HasPrefix(bundle, storage+string(os.PathSeparator))
	return m, ours && m.name != "" && containerID.MatchString(m.container)
}
