package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const (
	engineAuto    = "auto"
	engineDocker  = "docker"
	enginePodman  = "podman"
	engineNerdctl = "nerdctl"
)

const (
	// probeTimeout bounds the question whether an engine is there: a daemon that hangs is not usable.
	probeTimeout = 20 * time.Second

	// stopGrace is how long a command has to end after it was asked to, before it is killed.
	stopGrace = 3 * time.Second

	// maxWords bounds how much of a command's own output an error quotes, in bytes: the end of it, where the reason is.
	maxWords = 3000
)

// engineNames lists the engines in the order in which auto prefers them.
func engineNames() []string {
	return []string{engineDocker, enginePodman, engineNerdctl}
}

// realEngines finds the container engines of this machine.
type realEngines struct{}

func (realEngines) open(ctx context.Context, name string) (client, error) {
	if name != engineAuto {
		found, err := probe(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("engine %s is not usable: %w; start or install it, or set engine to another one", name, err)
		}
		return found, nil
	}
	var refusals []string
	for _, name := range engineNames() {
		found, err := probe(ctx, name)
		if err == nil {
			return found, nil
		}
		refusals = append(refusals, fmt.Sprintf("%s: %v", name, err))
	}
	return nil, fmt.Errorf("no container engine is usable (%s); start or install one of them", strings.Join(refusals, "; "))
}

func (realEngines) usable(ctx context.Context) ([]client, error) {
	var found []client
	for _, name := range engineNames() {
		if engine, err := probe(ctx, name); err == nil {
			found = append(found, engine)
		}
	}
	if len(found) == 0 {
		_, err := realEngines{}.open(ctx, engineAuto)
		return nil, err
	}
	return found, nil
}

// engineInfo is what the plugin wants to know of an engine.
type engineInfo struct {
	// cgroupV1 is true if the engine's host has the old cgroup hierarchy.
	cgroupV1 bool

	// storage is the path at which the engine keeps images and containers, as its own host sees it.
	storage string

	// runRoot is the path at which podman keeps what a restart of the machine ends.
	runRoot string

	// remote is true if podman is known to run on another machine.
	remote bool

	// runtime is the path of the program that podman makes containers with, monitor that of the one that it has watch over each.
	runtime, monitor string

	// containerdStore is true if the engine keeps images in containerd.
	containerdStore bool

	// version is the engine's version.
	version string
}

// probe asks an engine whether it can be used. Its error is in the engine's own words.
func probe(ctx context.Context, name string) (*kindClient, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if _, err := exec.LookPath(name); err != nil {
		return nil, errors.New("not installed")
	}
	engine := command{program: name}
	if name == engineDocker {
		// podman-docker installs a docker that is podman, which the kind library must drive as podman.
		version, err := engine.run(ctx, "--version")
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(version, "Docker version") {
			return nil, fmt.Errorf("it is not Docker but %q", version)
		}
	}
	text, err := engine.run(ctx, "info", "--format", "{{json .}}")
	if err != nil {
		return nil, err
	}
	info, err := parseInfo(name, text)
	if err != nil {
		return nil, err
	}
	return &kindClient{engine: engine, info: info}, nil
}

// parseInfo reads the answer to "info". podman's is shaped differently from the other two's.
func parseInfo(name, text string) (engineInfo, error) {
	if name == enginePodman {
		var podman struct {
			Host struct {
				CgroupVersion   string `json:"cgroupVersion"`
				ServiceIsRemote bool   `json:"serviceIsRemote"`
				Conmon          struct {
					Path string `json:"path"`
				} `json:"conmon"`
				OCIRuntime struct {
					Path string `json:"path"`
				} `json:"ociRuntime"`
			} `json:"host"`
			Store struct {
				GraphRoot string `json:"graphRoot"`
				RunRoot   string `json:"runRoot"`
			} `json:"store"`
			Version struct {
				Version string `json:"Version"`
			} `json:"version"`
		}
		if err := json.Unmarshal([]byte(text), &podman); err != nil {
			return engineInfo{}, fmt.Errorf("its answer to info is not understood: %w", err)
		}
		return engineInfo{
			cgroupV1: podman.Host.CgroupVersion == "v1",
			storage:  podman.Store.GraphRoot,
			runRoot:  podman.Store.RunRoot,
			remote:   podman.Host.ServiceIsRemote,
			monitor:  podman.Host.Conmon.Path,
			runtime:  podman.Host.OCIRuntime.Path,
			version:  podman.Version.Version,
		}, nil
	}
	var docker struct {
		CgroupVersion string     `json:"CgroupVersion"`
		DockerRootDir string     `json:"DockerRootDir"`
		ServerVersion string     `json:"ServerVersion"`
		DriverStatus  [][]string `json:"DriverStatus"`
		ServerErrors  []string   `json:"ServerErrors"`
	}
	if err := json.Unmarshal([]byte(text), &docker); err != nil {
		return engineInfo{}, fmt.Errorf("its answer to info is not understood: %w", err)
	}
	if len(docker.ServerErrors) > 0 {
		return engineInfo{}, errors.New(strings.Join(docker.ServerErrors, "; "))
	}
	inContainerd := name == engineNerdctl || slices.ContainsFunc(docker.DriverStatus, func(status []string) bool {
		return slices.ContainsFunc(status, func(word string) bool { return strings.Contains(word, "io.containerd.snapshotter") })
	})
	storage := docker.DockerRootDir
	if name == engineNerdctl && storage == "" {
		storage = containerdRoot
	}
	return engineInfo{
		cgroupV1:        docker.CgroupVersion == "1",
		storage:         storage,
		containerdStore: inContainerd,
		version:         docker.ServerVersion,
	}, nil
}

// containerdRoot is where containerd keeps images and containers, of which nerdctl says nothing.
const containerdRoot = "/var/lib/containerd"

// command runs an engine's program.
type command struct {
	program string

	// env is added to the plugin's own environment.
	env []string
}

// run returns what the command writes to its standard output, without the last line's end. The error quotes what it said.
func (c command) run(ctx context.Context, args ...string) (string, error) {
	return c.runWith(ctx, nil, args...)
}

// runWith does the same with something to read for the command.
func (c command) runWith(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.program, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	cmd.Env = append(os.Environ(), c.env...)
	cmd.SysProcAttr = dieWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	// A container's monitor may hold the pipes open for as long as the container lives.
	cmd.WaitDelay = stopGrace
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("%s %s: %w", c.program, args[0], ctx.Err())
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		words := lastWords(stderr.Bytes())
		if words == "" {
			words = lastWords(stdout.Bytes())
		}
		if words == "" {
			words = err.Error()
		}
		return "", commandError{program: c.program, args: args, words: words}
	}
	return strings.TrimRight(stdout.String(), "\n"), nil
}

// commandError is a command's failure in the command's own words.
type commandError struct {
	program string
	args    []string
	words   string
}

func (e commandError) Error() string {
	// The whole line can be long; what it was about is in its first words.
	return fmt.Sprintf("%s %s: %s", e.program, strings.Join(e.args[:min(len(e.args), 2)], " "), e.words)
}

// lastWords returns the end of a command's output, cut at a line.
func lastWords(output []byte) string {
	text := strings.TrimSpace(string(output))
	if len(text) <= maxWords {
		return text
	}
	text = text[len(text)-maxWords:]
	if _, rest, ok := strings.Cut(text, "\n"); ok {
		text = rest
	}
	return "... " + text
}
