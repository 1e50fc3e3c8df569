package apiserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

// programs are the paths of what is started.
type programs struct{ apiserver, etcd string }

var (
	findOnce sync.Once
	found    programs
	errFind  error
)

// findPrograms asks the project's own air-gapped build for both programs, which makes them if this machine does not have
// them yet: from Go modules alone, on whatever road the rest came. That takes minutes, once.
func findPrograms(ctx context.Context) (programs, error) {
	findOnce.Do(func() { found, errFind = build(ctx) })
	return found, errFind
}

func build(ctx context.Context) (programs, error) {
	source, err := airgapSource()
	if err != nil {
		return programs{}, err
	}
	if err := inputs.Note(source); err != nil {
		return programs{}, err
	}
	command := exec.CommandContext(ctx, "go", "run", ".", "build", "--json", "go-etcd", "go-kubernetes")
	command.Dir = source
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return programs{}, fmt.Errorf("building etcd and kube-apiserver: %w\n%s", err, stderr.String())
	}
	var parts []struct{ Part, Dir string }
	if err := json.Unmarshal(stdout.Bytes(), &parts); err != nil {
		return programs{}, fmt.Errorf("what the air-gapped build printed: %w\n%s", err, stdout.String())
	}
	var out programs
	for _, part := range parts {
		switch part.Part {
		case "go-etcd":
			out.etcd = filepath.Join(part.Dir, "bin", "etcd")
		case "go-kubernetes":
			out.apiserver = filepath.Join(part.Dir, "bin", "kube-apiserver")
		}
	}
	for _, path := range []string{out.etcd, out.apiserver} {
		if _, err := os.Stat(path); err != nil {
			return programs{}, fmt.Errorf("what the air-gapped build made: %w", err)
		}
	}
	return out, nil
}

func airgapSource() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		source := filepath.Join(dir, "tools", "airgap")
		if _, err := os.Stat(filepath.Join(source, "go.mod")); err == nil {
			return source, nil
		}
	}
	return "", errors.New("no folder above the working directory has tools/airgap")
}

// guardScript runs a program that ends with its parent, however that ends: a test that panics or runs into its timeout
// cleans nothing up. The watcher holds none of the program's streams, for the parent waits until they are closed.
const guardScript = `#!/bin/sh
parent=$PPID program=$$
(
	while kill -0 "$parent" && kill -0 "$program"; do sleep 3; done
	kill -0 "$parent" || { kill -KILL "$program"; rm -rf "${0%/*}"; }
) </dev/null >/dev/null 2>&1 &
exec 'PROGRAM' "$@"
`

// guard writes a program that runs another one as guardScript says, and returns its path. If the parent ends before the
// program does, the folder goes too.
func guard(dir, program string) (string, error) {
	path := filepath.Join(dir, filepath.Base(program))
	script := strings.ReplaceAll(guardScript, "PROGRAM", strings.ReplaceAll(program, `'`, `'\''`))
	return path, os.WriteFile(path, []byte(script), 0o700) //nolint:gosec // a program must be executable
}
