package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Engine is a container engine, by the name of its command: docker, podman or nerdctl.
type Engine string

// engineDeadline is for one call of an engine: a listing or a command in a container.
const engineDeadline = time.Minute

// outputDelay is how long what a command has started may still hold its output when the command itself has ended: nsenter, if it
// is killed, leaves the command on the node behind. On a busy machine seconds pass before the rest of an answer is read.
const outputDelay = 10 * time.Second

// Engines returns the container engines that answer on this machine.
func Engines(ctx context.Context) []Engine {
	var usable []Engine
	for _, engine := range []Engine{"docker", "podman", "nerdctl"} {
		if _, err := engine.Run(ctx, "ps", "--quiet"); err == nil {
			usable = append(usable, engine)
		}
	}
	return usable
}

// Run calls the engine and returns what it prints to its standard output.
func (e Engine) Run(ctx context.Context, args ...string) (string, error) {
	return run(ctx, string(e), args...)
}

func run(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, engineDeadline)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	command.WaitDelay = outputDelay
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w: %s",
			program, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// Lines is Run, by the words of the answer.
func (e Engine) Lines(ctx context.Context, args ...string) ([]string, error) {
	output, err := e.Run(ctx, args...)
	return strings.Fields(output), err
}

// ContainersOf returns the names of a kind cluster's node containers, running or not.
func (e Engine) ContainersOf(ctx context.Context, cluster string) ([]string, error) {
	return e.Lines(ctx, "ps", "--all", "--filter", "label=io.x-k8s.kind.cluster="+cluster, "--format", "{{.Names}}")
}

// Container is the part of an engine's inspection that is looked at. Docker, podman and nerdctl agree on it.
type Container struct {
	State struct {
		Pid int
	}
	HostConfig struct {
		PortBindings map[string][]PortBinding
	}
}

// PortBinding is an address of this machine that an engine forwards to a container's port.
type PortBinding struct {
	HostIP   string `json:"HostIp"`
	HostPort string
}

// Inspect describes a container.
func (e Engine) Inspect(ctx context.Context, name string) (Container, error) {
	output, err := e.Run(ctx, "inspect", "--type", "container", name)
	if err != nil {
		return Container{}, err
	}
	var found []Container
	if err := json.Unmarshal([]byte(output), &found); err != nil {
		return Container{}, fmt.Errorf("%s inspect %s: %w", e, name, err)
	}
	if len(found) != 1 {
		return Container{}, errors.New(string(e) + " knows no container " + name)
	}
	return found[0], nil
}
