package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

// makes calls a target as a user does, and not as a part of the make that runs the tests.
func makes(t *testing.T, root string, args ...string) (output string, status int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "-C", root}, args...)...)
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "MAKE") || strings.HasPrefix(variable, "MFLAGS=")
	})
	text, err := command.CombinedOutput()
	if exit := (&exec.ExitError{}); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), command.ProcessState.ExitCode()
}

// TestMakeCallsTheCommandLine: each target of a stack reaches the command of its name with the stack that was asked for, and what
// the command says reaches the user. make's own status for a recipe that failed is 2.
func TestMakeCallsTheCommandLine(t *testing.T) {
	t.Parallel()
	root, err := framework.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(inputs.Product(root), inputs.Note(filepath.Join(root, "Makefile"))); err != nil {
		t.Fatal(err)
	}
	help, status := makes(t, root, "help")
	if status != 0 {
		t.Fatalf("make help: exit status %d\n%s", status, help)
	}
	if byDefault, _ := makes(t, root); byDefault != help {
		t.Errorf("make alone prints\n%s\nand not what make help does", byDefault)
	}
	for _, target := range []string{"up", "preview", "plan", "destroy", "verify", "report", "kubeconfig", "tools", "doctor"} {
		if !strings.Contains(help, "  make "+target+" ") {
			t.Errorf("make help does not list %s:\n%s", target, help)
		}
		output, status := makes(t, root, target, "STACK=kindd")
		if status != 2 || !strings.Contains(output, "there is no Pulumi.kindd.yaml") || !strings.Contains(output, "use one of") {
			t.Errorf("make %s of a stack that there is not: exit status %d\n%s", target, status, output)
		}
	}
}
