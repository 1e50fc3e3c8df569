package plugin

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLacksCapability(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status string
		want   bool
	}{
		"all capabilities":     {status: "Name:\tx\nCapBnd:\t000001ffffffffff\n", want: false},
		"without SYS_RESOURCE": {status: "Name:\tx\nCapEff:\t000001ffffffffff\nCapBnd:\t000001fffeffffff\n", want: true},
		"not understood":       {status: "CapBnd:\tmany\n", want: false},
		"nothing said":         {status: "", want: false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lacksCapability(test.status, capSysResource); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestModulesFolderIsMadeOnlyWhenRepairing(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "lib", "modules")
	_ = modulesFault(folder, false)
	if _, err := os.Stat(folder); err == nil {
		t.Error("a preview made the folder")
	}
	if fault := modulesFault(folder, true); fault != "" {
		t.Errorf("fault = %q, want none", fault)
	}
	if fault := modulesFault(folder, false); fault != "" {
		t.Errorf("fault = %q although the folder is there", fault)
	}
	// A file in the way cannot be repaired.
	if err := writeFile(filepath.Join(folder, "file"), nil); err != nil {
		t.Fatal(err)
	}
	if fault := modulesFault(filepath.Join(folder, "file", "modules"), true); !strings.Contains(fault, "mkdir -p") {
		t.Errorf("fault = %q, want one that says what to run", fault)
	}
}

func TestPodmanLimits(t *testing.T) {
	t.Parallel()
	want := "[containers]\ndefault_ulimits = [\"nofile=20000:20000\", \"nproc=4096:4096\"]\n"
	if got := podmanLimits(20000, 4096, false); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want += "\n[engine]\nruntime = \"runc\"\n"
	if got := podmanLimits(20000, 4096, true); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPodmanAddsConfiguration(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"4.3.1": false, "4.6.0": true, "5.0.0-rc1": true, "3.4.4": false, "": false} {
		if got := addsConfiguration(version); got != want {
			t.Errorf("addsConfiguration(%q) = %v, want %v", version, got, want)
		}
	}
}

func TestPortError(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := (realHost{}).portError(port); err == nil {
		t.Errorf("port %d is said to be free while it is listened on", port)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := (realHost{}).portError(port); err != nil {
		t.Errorf("port %d is said to be taken: %v", port, err)
	}
}
