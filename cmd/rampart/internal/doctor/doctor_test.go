package doctor

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

func TestFindingSaysHowToMendIt(t *testing.T) {
	t.Parallel()
	good := Finding{Good: true, Subject: "go", Detail: "go1.26"}
	if got, want := good.String(), "good  go: go1.26"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	bad := Finding{Subject: "go", Detail: "is not there", Remedy: "install it"}
	if got, want := bad.String(), "bad   go: is not there: install it"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "home")
	if got := folder(home); !got.Good {
		t.Errorf("a folder that is to be made: %s", got)
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := folder(home); !got.Good {
		t.Errorf("a folder of one's own: %s", got)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := folder(home); got.Good || !strings.Contains(got.Remedy, "chmod 700") {
		t.Errorf("a folder that others can read: %s", got)
	}
}

func TestAPIServerPort(t *testing.T) {
	t.Parallel()
	space := &workspace.Workspace{Home: t.TempDir()}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if got := apiServerPort(t.Context(), space, "c", port); got.Good {
		t.Errorf("a port that is taken: %s", got)
	}
	// The cluster itself may have it.
	directory := stacks.ClusterDirectory(space.Home, "c")
	if err := os.MkdirAll(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, stacks.KubeconfigName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := apiServerPort(t.Context(), space, "c", port); !got.Good {
		t.Errorf("a port that the cluster has: %s", got)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if got := apiServerPort(t.Context(), space, "other", port); !got.Good {
		t.Errorf("a port that is free: %s", got)
	}
}

func TestEngineThatIsNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	got := engine(t.Context(), "podman")
	if got.Good || !strings.Contains(got.Detail, "podman is not installed") || got.Remedy == "" {
		t.Errorf("no engine: %s", got)
	}
}

// TestObstacles: all that keeps a cluster from being made is found, and what a run sees to itself is not.
func TestObstacles(t *testing.T) {
	engine := t.TempDir()
	script := "#!/bin/sh\n" + `case "$*" in info) ;; info*) echo /;; ps*) [ -e "$0.cluster" ] && echo c-control-plane; exit 0;; esac` + "\n"
	if err := os.WriteFile(filepath.Join(engine, "podman"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, row := range []struct {
		says    string
		path    string
		engine  string
		foreign bool
		port    int
		known   bool
		want    []string
	}{
		{"all is well", engine, "auto", false, 0, false, nil},
		{"no engine: a road brings one", t.TempDir(), "auto", false, 0, false, nil},
		{"another engine than there is", engine, "docker", false, 0, false, []string{"container engine"}},
		{"somebody else's cluster, and a port that is taken", engine, "podman", true, listener.Addr().(*net.TCPAddr).Port, false,
			[]string{"cluster name", "port " + strings.TrimPrefix(listener.Addr().String(), "127.0.0.1:")}},
		{"a cluster that the state may know", engine, "podman", true, listener.Addr().(*net.TCPAddr).Port, true, nil},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Setenv("PATH", row.path+":/usr/bin:/bin")
			if row.path != engine {
				t.Setenv("PATH", row.path)
			}
			_ = os.Remove(filepath.Join(engine, "podman.cluster"))
			if row.foreign {
				if err := os.WriteFile(filepath.Join(engine, "podman.cluster"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			config := stacks.Default()
			config.Cluster.Engine, config.Cluster.APIServerPort, config.Cluster.Name = row.engine, row.port, "c"
			var got []string
			for _, finding := range Obstacles(t.Context(), &workspace.Workspace{Home: t.TempDir()}, config, row.known) {
				got = append(got, finding.Subject)
				if finding.Remedy == "" {
					t.Errorf("nothing mends it: %s", finding)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("found %q, want %q", got, row.want)
			}
		})
	}
	if got := disk(t.TempDir(), 1<<62); got.Good || !strings.Contains(got.Remedy, "GiB") {
		t.Errorf("no disk has that: %s", got)
	}
}
