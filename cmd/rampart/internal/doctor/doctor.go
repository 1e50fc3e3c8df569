// Package doctor looks at a machine for what would keep a run from working.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// Finding is what came of one check.
type Finding struct {
	Good bool

	// Subject was looked at, Detail was found, and Remedy mends it if it is not good.
	Subject, Detail, Remedy string
}

// String is the finding on one line.
func (f Finding) String() string {
	if f.Good {
		return fmt.Sprintf("good  %s: %s", f.Subject, f.Detail)
	}
	return fmt.Sprintf("bad   %s: %s: %s", f.Subject, f.Detail, f.Remedy)
}

// Examine makes every check. It changes nothing.
func Examine(ctx context.Context, w *workspace.Workspace, config stacks.Config) []Finding {
	if config.Provider != stacks.ProviderKind {
		return []Finding{
			golang(ctx), login(baseline.Provider(config.Provider)), disk(w.Home), folder(w.Home), reachable(ctx, w, config),
		}
	}
	findings := []Finding{golang(ctx), engine(ctx, config.Cluster.Engine), modules(), disk(w.Home), folder(w.Home)}
	if port := config.Cluster.APIServerPort; port != 0 {
		findings = append(findings, apiServerPort(ctx, w, config.Cluster.Name, port))
	}
	return findings
}

func golang(ctx context.Context) Finding {
	version, err := toolchain.GoVersion(ctx)
	if err != nil {
		return Finding{false, "go", err.Error(), "put it on the PATH"}
	}
	return Finding{true, "go", version, ""}
}

// engineTimeout is how long a container engine may take to answer.
const engineTimeout = 10 * time.Second

// engine looks for a container engine that answers.
func engine(ctx context.Context, wanted string) Finding {
	names := []string{"docker", "podman", "nerdctl"}
	if wanted != "auto" {
		names = []string{wanted}
	}
	var faults []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			faults = append(faults, name+" is not installed")
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, engineTimeout)
		output, err := exec.CommandContext(ctx, name, "info").CombinedOutput()
		cancel()
		if err == nil {
			return Finding{true, "container engine", name, ""}
		}
		last := strings.TrimSpace(string(output))
		last = last[strings.LastIndexByte(last, '\n')+1:]
		faults = append(faults, fmt.Sprintf("%s does not answer (%s)", name, last))
	}
	return Finding{false, "container engine", strings.Join(faults, ", "),
		"start it, or install one: on Debian or Ubuntu, \"apt-get install podman runc\""}
}

// modules looks for the folder that nodes mount to load kernel modules.
func modules() Finding {
	const path = "/lib/modules"
	if _, err := os.Stat(path); err != nil {
		return Finding{false, path, "there is no such folder", "make it, an empty one will do: \"mkdir -p " + path + "\""}
	}
	return Finding{true, path, "is there", ""}
}

// leastDisk is what the images, the nodes and what runs in them take, in bytes.
const leastDisk = 10 << 30

func disk(home string) Finding {
	const subject = "disk"
	existing := home
	for ; existing != filepath.Dir(existing); existing = filepath.Dir(existing) {
		if _, err := os.Stat(existing); err == nil {
			break
		}
	}
	free, err := freeBytes(existing)
	if err != nil {
		return Finding{false, subject, err.Error(), "look at the file system of " + existing}
	}
	detail := fmt.Sprintf("%.1f GiB free at %s", float64(free)/(1<<30), existing)
	if free < leastDisk {
		return Finding{false, subject, detail, fmt.Sprintf("make room for %d GiB", leastDisk>>30)}
	}
	return Finding{true, subject, detail, ""}
}

// folder makes sure that nobody else can read the working folder.
func folder(home string) Finding {
	info, err := os.Stat(home)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Finding{true, "working folder", home + " will be made", ""}
	case err != nil:
		return Finding{false, "working folder", err.Error(), "make it readable for you, or set RAMPART_HOME"}
	case info.Mode().Perm()&0o077 != 0:
		return Finding{false, "working folder", fmt.Sprintf("%s is open to others (%s)", home, info.Mode().Perm()),
			"chmod 700 " + home}
	}
	return Finding{true, "working folder", home, ""}
}

// apiServerPort makes sure that a port is free, unless the cluster itself has it.
func apiServerPort(ctx context.Context, w *workspace.Workspace, cluster string, port int) Finding {
	subject := "port " + strconv.Itoa(port)
	if _, err := os.Stat(filepath.Join(stacks.ClusterDirectory(w.Home, cluster), stacks.KubeconfigName)); err == nil {
		return Finding{true, subject, "belongs to the cluster", ""}
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return Finding{false, subject, "is taken", "choose another rampart:cluster.apiServerPort, or 0 for a free one"}
	}
	if err := listener.Close(); err != nil {
		return Finding{false, subject, err.Error(), "try again"}
	}
	return Finding{true, subject, "is free", ""}
}
