// Package node runs commands on the nodes of a cluster, through the container engine that holds them.
package node

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
)

// Node is one node of a cluster: a container.
type Node struct {
	// Engine is the command of the container engine: docker, podman or nerdctl.
	Engine string

	// Name of the container, which is the node's.
	Name string

	ControlPlane bool
}

// Run runs a command on the node, as its root, and returns what it printed. What it printed to the error stream is part of
// the error. Arguments show in the process list: secrets go to standard input.
func (n Node) Run(ctx context.Context, command ...string) ([]byte, error) {
	var out bytes.Buffer
	err := n.Stream(ctx, nil, &out, command...)
	return out.Bytes(), err
}

// Stream is Run with an input, unless it is nil, and with an output that may be large.
func (n Node) Stream(ctx context.Context, in io.Reader, out io.Writer, command ...string) error {
	args := []string{"exec", "--privileged"}
	if in != nil {
		args = append(args, "--interactive")
	}
	var faults bytes.Buffer
	err := process.Run(ctx, process.Command{
		Path: n.Engine, Args: append(append(args, n.Name), command...), Stdin: in, Stdout: out, Stderr: &faults,
	})
	if err != nil {
		return fmt.Errorf("%s on %s: %w\n%s", command[0], n.Name, err, strings.TrimSpace(faults.String()))
	}
	return nil
}

// Script runs a shell script on the node. It ends with the first command that fails. The arguments are its $1, $2, ...
func (n Node) Script(ctx context.Context, script string, arguments ...string) ([]byte, error) {
	return n.Run(ctx, append([]string{"sh", "-euc", script, "sh"}, arguments...)...)
}

// Write replaces a file on the node, 0600.
func (n Node) Write(ctx context.Context, file string, content io.Reader) error {
	return n.Stream(ctx, content, io.Discard, "sh", "-euc", `umask 077 && cat >"$1.new" && mv "$1.new" "$1"`, "sh", file)
}

// Stopped says that the node's container is there, does not run, and can be started: one that is being stopped or removed, by a
// run that was killed over it, say, can not. It is an error if there is none.
func (n Node) Stopped(ctx context.Context) (bool, error) {
	status, err := process.Output(ctx, process.Command{
		Path: n.Engine, Args: []string{"container", "inspect", "--format", "{{.State.Status}}", n.Name},
	})
	if err != nil {
		return false, fmt.Errorf("looking at node %s: %w", n.Name, err)
	}
	return slices.Contains([]string{"created", "exited", "stopped"}, strings.TrimSpace(string(status))), nil
}

// Start starts the node's container.
func (n Node) Start(ctx context.Context) error {
	if _, err := process.Output(ctx, process.Command{Path: n.Engine, Args: []string{"start", n.Name}}); err != nil {
		return fmt.Errorf("starting node %s: %w", n.Name, err)
	}
	return nil
}
