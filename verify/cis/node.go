package cis

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Node is what the checks read of a node.
type Node interface {
	// Files describes what is at a path and, if it is a folder, everything below it. Nothing there is no error. A link
	// at the path itself is followed, others are described as they are.
	Files(ctx context.Context, path string) ([]File, error)

	// Content returns what a file holds.
	Content(ctx context.Context, path string) (string, error)

	// Processes returns every process on the node, those in containers included.
	Processes(ctx context.Context) ([]Process, error)
}

// File is what a node says of a file, folder or link.
type File struct {
	Path string
	// Mode has the permissions, and fs.ModeDir or fs.ModeSymlink.
	Mode fs.FileMode
	// Owner and Group are names, or numbers if the node has no names for them.
	Owner, Group string
}

// Process is a running program.
type Process struct {
	PID int
	// Args is the command line, the program first.
	Args []string
}

// Run runs a command on a node as its root and returns what it prints to its standard output. A command that does not
// end with status 0 is an error.
type Run func(ctx context.Context, command ...string) (string, error)

// ByCommand reads a node by running commands on it, which a container engine or a secure shell can do. The node needs
// sh, find, cat and base64.
func ByCommand(run Run) Node { return commands{run} }

type commands struct{ run Run }

// filesFormat prints type, permissions, owner, group and path of a file, with ends that no name can contain.
const filesFormat = `%y %m %u %g %p\0`

// Files reads what does not vanish meanwhile, as files do that are renamed in place.
func (c commands) Files(ctx context.Context, path string) ([]File, error) {
	const find = `test -e "$0" || exit 0; exec find -H "$0" -ignore_readdir_race -printf "$1"`
	output, err := c.run(ctx, "sh", "-c", find, path, filesFormat)
	if err != nil {
		return nil, err
	}
	return parseFiles(output)
}

func parseFiles(output string) ([]File, error) {
	var files []File
	for line := range strings.SplitSeq(strings.TrimSuffix(output, "\x00"), "\x00") {
		if line == "" {
			continue
		}
		fields := strings.SplitN(line, " ", 5)
		if len(fields) != 5 {
			return nil, fmt.Errorf("cannot read this answer of find: %q", line)
		}
		bits, err := strconv.ParseUint(fields[1], 8, 12)
		if err != nil {
			return nil, fmt.Errorf("cannot read the mode in this answer of find: %q", line)
		}
		file := File{Path: fields[4], Mode: fs.FileMode(bits & 0o777), Owner: fields[2], Group: fields[3]}
		switch fields[0] {
		case "d":
			file.Mode |= fs.ModeDir
		case "l":
			file.Mode |= fs.ModeSymlink
		}
		files = append(files, file)
	}
	return files, nil
}

func (c commands) Content(ctx context.Context, path string) (string, error) {
	return c.run(ctx, "cat", path)
}

// processesScript prints a line for each process: its number and its command line in base64. A process that ends
// meanwhile, and one of the kernel's, has no command line.
const processesScript = `cd /proc && for p in [0-9]*; do printf '%s ' "$p"; { base64 -w 0 "$p/cmdline"; } 2>/dev/null; echo; done`

func (c commands) Processes(ctx context.Context) ([]Process, error) {
	output, err := c.run(ctx, "sh", "-c", processesScript)
	if err != nil {
		return nil, err
	}
	return parseProcesses(output)
}

func parseProcesses(output string) ([]Process, error) {
	var processes []Process
	for line := range strings.Lines(output) {
		number, encoded, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("cannot read this line about a process: %q", line)
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("cannot read the command line of process %d: %w", pid, err)
		}
		if len(raw) == 0 {
			continue
		}
		args := strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
		processes = append(processes, Process{PID: pid, Args: args})
	}
	return processes, nil
}
