package plugin

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

	// runtime is the program that made the container, with the arguments that podman gives it every time.
	runtime []string
}

// deleteMonitors removes the containers of a cluster's nodes that podman made and does not know: killed between the making
// of a container and its start, podman 4 keeps no note that it was made. "podman rm" then removes the rest of it, and the
// monitor and the container's first process wait for a start for good. Seen in 4.3.1.
func (k *kindClient) deleteMonitors(ctx context.Context, cluster string) error {
	if k.name() != enginePodman || k.info.storage == "" || k.info.remote {
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
	running := slices.DeleteFunc(monitors(procFolder, k.info.storage, os.Geteuid()), func(m monitor) bool {
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

// endContainers has each container deleted by the program that made it, which ends its processes. Its monitor then ends too.
func (k *kindClient) endContainers(ctx context.Context, left []monitor) error {
	for _, m := range left {
		runtime := command{program: m.runtime[0]}
		args := append(slices.Clone(m.runtime[1:]), "delete", "--force", m.container)
		if _, err := runtime.run(ctx, args...); err != nil {
			return fmt.Errorf("ending container %s of node %s, which podman forgot when it was killed: %w; its monitor is a process "+
				"named conmon: end it by hand, then run this again", m.container, m.name, err)
		}
	}
	return nil
}

// procFolder is where Linux shows its processes. Where there is none, no monitor runs: podman's machine has its own kernel.
const procFolder = "/proc"

// monitors returns those that a user runs for containers of the storage. Others may call any process of theirs conmon: what one
// says of itself counts only if it belongs to whoever acts on it, because the program that it names is run.
func monitors(proc, storage string, owner int) []monitor {
	commands, _ := filepath.Glob(filepath.Join(proc, "[0-9]*", "cmdline")) // its only error is a bad pattern
	var found []monitor
	for _, file := range commands {
		text, err := readOf(owner, file)
		if err != nil {
			continue // it ended meanwhile, or is somebody else's
		}
		if m, ok := parseMonitor(strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), storage); ok {
			found = append(found, m)
		}
	}
	return found
}

// readOf reads a file if it belongs to a user.
func readOf(owner int, path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if uid, known := ownerOf(info); !known || uid != owner {
		return nil, fs.ErrPermission
	}
	return io.ReadAll(file)
}

// parseMonitor reads the command line of a process, which is conmon's for a container of the storage or something else.
func parseMonitor(args []string, storage string) (monitor, bool) {
	if filepath.Base(args[0]) != "conmon" {
		return monitor{}, false
	}
	var m monitor
	var runtime, bundle string
	var runtimeArgs []string
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
		case "-r", "--runtime":
			runtime = value
		case "--runtime-arg":
			runtimeArgs = append(runtimeArgs, value)
		default:
			continue
		}
		if !attached {
			i++
		}
	}
	m.runtime = append([]string{runtime}, withoutLog(runtimeArgs)...)
	return m, m.container != "" && m.name != "" && runtime != "" && strings.HasPrefix(bundle, storage+string(os.PathSeparator))
}

// withoutLog drops the runtime's options that tell where to write: the container's folder, which is gone.
func withoutLog(args []string) []string {
	var kept []string
	for i := 0; i < len(args); i++ {
		switch option, _, attached := strings.Cut(args[i], "="); option {
		case "--log", "--log-format":
			if !attached {
				i++
			}
		default:
			kept = append(kept, args[i])
		}
	}
	return kept
}
