package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPulumiByHandLeavesNothing runs the function that a shell gets, with a CLI that leaves a file as plugins do.
func TestPulumiByHandLeavesNothing(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "it's home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	fake := `#!/bin/sh
touch "$TMPDIR/kubeconfig"
echo "$#" "$(stat -c %a "$TMPDIR")" "$TMPDIR"
exit 7
`
	if err := os.WriteFile(filepath.Join(home, "pulumi"), []byte(fake), 0o700); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(home, "tmp")
	shell := exec.CommandContext(t.Context(), "sh", "-c", `eval "$0"; pulumi up --yes "a b"`, fmt.Sprintf(pulumiFunction, quote(folder)))
	shell.Env = append(os.Environ(), "PATH="+home+":"+os.Getenv("PATH"))
	output, err := shell.CombinedOutput()
	exit := &exec.ExitError{}
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("exit status of the CLI: %v\n%s", err, output)
	}
	if want := fmt.Sprintf("3 700 %s/%d-", folder, shell.Process.Pid); !strings.HasPrefix(string(output), want) {
		t.Errorf("got %s, want %s", output, want)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
}
