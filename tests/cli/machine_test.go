package cli

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework"
)

// TestUnfitMachineIsRefusedBeforeAnythingIsMade: what would end a run after half an hour of building is said at once.
//
//nolint:paralleltest // the rows all write the same configuration file
func TestUnfitMachineIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	product := framework.MustInstall(t, framework.Settings{
		Prefix: "e2e-unfit", PodCIDR: "10.216.0.0/16", ServiceCIDR: "10.116.0.0/16",
	})
	const cluster = "rampart:cluster"
	engines := t.TempDir()
	daemon := "#!/bin/sh\necho 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(engines, "docker"), []byte(daemon), 0o700); err != nil {
		t.Fatal(err)
	}
	product.Variables = []string{"PATH=" + engines + string(filepath.ListSeparator) + os.Getenv("PATH")}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	taken := fmt.Sprintf("port %d: is taken: choose another rampart:cluster.apiServerPort", port)
	silent := "container engine: docker does not answer (Cannot connect to the Docker daemon"
	before, err := product.Census(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []row{
		{"engine that does not answer", set(cluster, "engine", "docker"), []string{silent, "start it"}},
		{"port that is taken", set(cluster, "apiServerPort", port), []string{taken}},
		{"both", func(config map[string]any) {
			set(cluster, "engine", "docker")(config)
			set(cluster, "apiServerPort", port)(config)
		}, []string{silent, taken}},
	} {
		t.Run(row.says, func(t *testing.T) { isRefused(t, product, row) })
	}
	t.Run("pod range that this machine has a route for", func(t *testing.T) {
		route := func(verb string) {
			if output, err := exec.Command("ip", "route", verb, "10.213.64.0/18", "dev", "lo").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
		}
		route("add")
		defer route("del")
		isRefused(t, product, row{"", set(cluster, "podCIDR", "10.213.0.0/16"),
			[]string{`rampart:cluster.podCIDR "10.213.0.0/16"`, "overlaps 10.213.64.0/18 of this machine's interface lo"}})
	})
	t.Run("disk that is too small", func(t *testing.T) {
		if err := syscall.Mount("tmpfs", product.Home(), "tmpfs", 0, "size=16m,mode=0700"); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := syscall.Unmount(product.Home(), 0); err != nil {
				t.Error(err)
			}
		}()
		isRefused(t, product, row{"", func(map[string]any) {}, []string{"disk: 0.0 GiB free at " + product.Home(), "make room for 1 GiB"}})
	})
	madeNothing(t, product, before)
}
