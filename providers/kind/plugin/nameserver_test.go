package plugin

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNamesOfANetworkThatIsGoneAreForgotten(t *testing.T) {
	t.Parallel()
	for name, layout := range map[string]struct{ runRoot, folder string }{
		"root":          {"containers/storage", "containers/networks/aardvark-dns"},
		"somebody else": {"containers", "containers/networks/aardvark-dns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := t.TempDir()
			folder := filepath.Join(run, layout.folder)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, network := range []string{"rampart-demo", "rampart-other"} {
				if err := os.WriteFile(filepath.Join(folder, network), []byte("10.89.0.1\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			podman := &kindClient{engine: command{program: enginePodman}, info: engineInfo{runRoot: filepath.Join(run, layout.runRoot)}}
			for range 2 { // the second time, nothing is there
				if err := podman.forgetNames("rampart-demo"); err != nil {
					t.Fatal(err)
				}
			}
			left, err := os.ReadDir(folder)
			if err != nil || len(left) != 1 || left[0].Name() != "rampart-other" {
				t.Errorf("left: %v %v", left, err)
			}
		})
	}
}
