package certificates

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/node"
)

// TestAPodThatEndedByItselfIsAwaited: a controller manager whose API server was away for long has ended, and the kubelet takes
// a moment to start the next one. There is nobody to end then.
func TestAPodThatEndedByItselfIsAwaited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"engine":  "#!/bin/sh\nwhile [ \"$1\" != node ]; do shift; done\nshift\nPATH=" + dir + ":$PATH\nexec \"$@\"\n",
		"kubectl": "#!/bin/sh\n",
		"ctr": "#!/bin/sh\ncase \"$*\" in\n" +
			// The first time that it is looked for, it does not run.
			"*'tasks list'*) [ ! -e " + dir + "/looked ] || echo 'new 2 RUNNING'; touch " + dir + "/looked ;;\n" +
			"*'containers list'*) echo new ;;\n" +
			"*) touch " + dir + "/ended ;;\nesac\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	on := node.Node{Engine: filepath.Join(dir, "engine"), Name: "node", ControlPlane: true}
	if err := restart(t.Context(), on, "kube-controller-manager"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ended")); err == nil {
		t.Error("somebody was ended")
	}
}
