package cis

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// here runs commands on this machine.
func here(ctx context.Context, command ...string) (string, error) {
	output, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if err != nil {
		return "", fmt.Errorf("%v: %w", command, err)
	}
	return string(output), nil
}

func TestByCommandReadsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "with space\nand line")
	if err := os.WriteFile(name, []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o640); err != nil { // whatever the umask
		t.Fatal(err)
	}
	if err := os.Symlink(name, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	node := ByCommand(here)
	files, err := node.Files(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, file := range files {
		kinds[file.Path] = file.Mode.String()
		if file.Owner == "" || file.Group == "" {
			t.Errorf("whose is %+v?", file)
		}
	}
	if len(files) != 3 || kinds[name] != "-rw-r-----" || kinds[dir][0] != 'd' || kinds[filepath.Join(dir, "link")][0] != 'L' {
		t.Errorf("found %v", kinds)
	}
	if files, err := node.Files(t.Context(), filepath.Join(dir, "absent")); err != nil || len(files) != 0 {
		t.Errorf("what is not there: %v, %v", files, err)
	}
	if content, err := node.Content(t.Context(), name); err != nil || content != "text" {
		t.Errorf("content %q, %v", content, err)
	}
	if _, err := node.Content(t.Context(), filepath.Join(dir, "absent")); err == nil {
		t.Error("what is not there has content")
	}
}

func TestByCommandReadsProcesses(t *testing.T) {
	t.Parallel()
	// An argument that looks like the beginning of another process.
	const trap = "\nkube-apiserver\n--profiling=false"
	command := exec.CommandContext(t.Context(), "sh", "-c", "read line", trap)
	input, err := command.StdinPipe() // it waits for a line that does not come
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = input.Close(), command.Wait() }()
	processes, err := ByCommand(here).Processes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(processes, func(process Process) bool {
		return process.PID == command.Process.Pid && slices.Equal(process.Args, command.Args)
	})
	if !found {
		t.Errorf("%v is not among %d processes", command.Args, len(processes))
	}
}

func TestAnswersThatCannotBeReadAreErrors(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"f 600 root root", "f rw root root /a"} {
		if _, err := parseFiles(answer); err == nil {
			t.Errorf("files %q are accepted", answer)
		}
	}
	for _, answer := range []string{"one L2Jpbi9zaA==", "1 ***"} {
		if _, err := parseProcesses(answer); err == nil {
			t.Errorf("processes %q are accepted", answer)
		}
	}
}
