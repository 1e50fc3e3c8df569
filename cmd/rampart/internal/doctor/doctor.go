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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/road"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/verify/live"
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
			golang(ctx), login(baseline.Provider(config.Provider)), disk(w.Home, leastDisk), folder(w.Home), reachable(ctx, w, config),
		}
	}
	found := engine(ctx, config.Cluster.Engine)
	findings := []Finding{golang(ctx), found, modules(), disk(w.Home, leastDisk), folder(w.Home)}
	if found.Good {
		findings = append(findings, storage(ctx, found.Detail)...)
	}
	if port := config.Cluster.APIServerPort; port != 0 {
		findings = append(findings, apiServerPort(ctx, w, config.Cluster.Name, port))
	}
	return findings
}

// Obstacles are the findings that keep a cluster on this machine from being made, before anything is built for it. What a road
// sees to itself is none: an engine where there is none. known says that a state may know the cluster already.
func Obstacles(ctx context.Context, w *workspace.Workspace, config stacks.Config, known bool) []Finding {
	// What a run has left behind that was killed is this run's to deal with.
	_, err := os.Stat(stacks.ClusterDirectory(w.Home, config.Cluster.Name))
	known = known || err == nil
	var findings []Finding
	if !road.LacksEngine(ctx, config.Cluster.Engine) {
		found := engine(ctx, config.Cluster.Engine)
		findings = append(findings, found)
		if found.Good && !known {
			findings = append(findings, storage(ctx, found.Detail)...)
			findings = append(findings, clusterName(ctx, live.Engine(found.Detail), config.Cluster.Name))
		}
	}
	if images, err := stacks.ReadImages(w.Home); err == nil && images == nil {
		findings = append(findings, disk(w.Home, leastHome))
	}
	if port := config.Cluster.APIServerPort; port != 0 && !known {
		findings = append(findings, apiServerPort(ctx, w, config.Cluster.Name, port))
	}
	return slices.DeleteFunc(findings, func(f Finding) bool { return f.Good })
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

// Bytes that must be free: leastDisk is what the images, the nodes and what runs in them take, leastStorage what of it the engine
// keeps, and leastHome what either road puts into the working folder.
const (
	leastDisk    = 10 << 30
	leastStorage = 6 << 30
	leastHome    = 1 << 30
)

// storage looks at the disk that an engine keeps images and containers on. An engine that does not say where has no finding.
func storage(ctx context.Context, engine string) []Finding {
	path := "/var/lib/containerd" // nerdctl's, which does not say
	if format := map[string]string{"docker": "{{.DockerRootDir}}", "podman": "{{.Store.GraphRoot}}"}[engine]; format != "" {
		ctx, cancel := context.WithTimeout(ctx, engineTimeout)
		defer cancel()
		output, err := exec.CommandContext(ctx, engine, "info", "--format", format).Output()
		if err != nil {
			return nil
		}
		path = strings.TrimSpace(string(output))
	}
	if _, err := os.Stat(path); err != nil {
		return nil // the engine is on another machine, or in a virtual one
	}
	return []Finding{disk(path, leastStorage)}
}

// clusterName makes sure that no cluster of somebody else's has the name.
func clusterName(ctx context.Context, engine live.Engine, cluster string) Finding {
	const subject = "cluster name"
	nodes, err := engine.ContainersOf(ctx, cluster)
	if err != nil {
		return Finding{false, subject, err.Error(), "try again"}
	}
	if len(nodes) > 0 {
		return Finding{false, subject,
			fmt.Sprintf("%s already holds a kind cluster %q, which this working folder did not make", engine, cluster),
			fmt.Sprintf("choose another rampart:cluster.name, or delete it (kind delete cluster --name %s)", cluster)}
	}
	return Finding{true, subject, cluster + " is free", ""}
}

func disk(home string, least uint64) Finding {
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
	if free < least {
		return Finding{false, subject, detail, fmt.Sprintf("make room for %d GiB", least>>30)}
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
