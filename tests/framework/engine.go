package framework

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

// Engines returns the container engines that answer on this machine.
func Engines(ctx context.Context) []Engine {
	var usable []Engine
	for _, engine := range []Engine{"docker", "podman", "nerdctl"} {
		if _, err := engine.run(ctx, "ps", "--quiet"); err == nil {
			usable = append(usable, engine)
		}
	}
	return usable
}

func (e Engine) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, engineDeadline)
	defer cancel()
	command := exec.CommandContext(ctx, string(e), args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w: %s",
			e, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

func (e Engine) lines(ctx context.Context, args ...string) ([]string, error) {
	output, err := e.run(ctx, args...)
	return strings.Fields(output), err
}

// containersOf returns the names of a kind cluster's node containers, running or not.
func (e Engine) containersOf(ctx context.Context, cluster string) ([]string, error) {
	return e.lines(ctx, "ps", "--all", "--filter", "label=io.x-k8s.kind.cluster="+cluster, "--format", "{{.Names}}")
}

// container is the part of an engine's inspection that tests look at. Docker, podman and nerdctl agree on it.
type container struct {
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

func (e Engine) inspect(ctx context.Context, name string) (container, error) {
	output, err := e.run(ctx, "inspect", "--type", "container", name)
	if err != nil {
		return container{}, err
	}
	var found []container
	if err := json.Unmarshal([]byte(output), &found); err != nil {
		return container{}, fmt.Errorf("%s inspect %s: %w", e, name, err)
	}
	if len(found) != 1 {
		return container{}, errors.New(string(e) + " knows no container " + name)
	}
	return found[0], nil
}
