package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// BuildPackages are what the machine itself needs to build on the air-gapped road: mmdebstrap makes root filesystems (uidmap
// lets it do so without root) and checks them with Debian's keys.
func BuildPackages() []string { return []string{"mmdebstrap", "debian-archive-keyring", "uidmap"} }

// EnginePackages are a container engine: podman with runc runs the kind nodes, netavark and aardvark-dns are podman's network.
// iptables and the CNI plugins are what podman falls back to in Debian 12.
func EnginePackages() []string {
	return []string{"podman", "runc", "netavark", "aardvark-dns", "containernetworking-plugins", "iptables"}
}

// engineTimeout is how long an engine may take to answer.
const engineTimeout = 20 * time.Second

// OtherEngine says which engine answers that is not podman, "" for none: who has one needs no podman beside it.
func OtherEngine(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	answers := func(engine string) bool { return exec.CommandContext(ctx, engine, "info").Run() == nil }
	// podman-docker installs a docker that is podman.
	version, err := exec.CommandContext(ctx, "docker", "--version").Output()
	switch {
	case err == nil && strings.HasPrefix(string(version), "Docker version") && answers("docker"):
		return "docker"
	case answers("nerdctl"):
		return "nerdctl"
	}
	return ""
}

// Missing lists the packages that dpkg does not report as installed. On a machine without dpkg it is all of them.
func Missing(ctx context.Context, packages []string) []string {
	args := append([]string{"-W", "-f", "${Package} ${db:Status-Status}\n"}, packages...)
	// dpkg-query exits with 1 when one of the packages is unknown; what it says about the others still counts.
	out, _ := exec.CommandContext(ctx, "dpkg-query", args...).Output()
	installed := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if name, status, ok := strings.Cut(strings.TrimSpace(line), " "); ok && status == "installed" {
			installed[name] = true
		}
	}
	var missing []string
	for _, p := range packages {
		if !installed[p] {
			missing = append(missing, p)
		}
	}
	return missing
}

// InstallCommand is what a person types to install the packages.
func InstallCommand(packages []string) string {
	return "apt-get update && apt-get install --yes --no-remove --no-install-recommends " + strings.Join(packages, " ")
}

// Install installs packages with apt-get, without questions. It needs root. Nothing is removed for them: Docker's own package of
// containerd conflicts with Debian's runc, and would go with all of Docker.
func Install(ctx context.Context, job *part.Job, packages []string) error {
	for _, args := range [][]string{
		{"update"},
		append([]string{"install", "--yes", "--no-remove", "--no-install-recommends"}, packages...),
	} {
		// Another apt-get, such as unattended upgrades after boot, may hold the lock for a while.
		cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if err := job.Command(ctx, cmd, func(line string) { job.Step(line, 0, 0) }); err != nil {
			return fmt.Errorf("installing Debian packages: %w", err)
		}
	}
	return nil
}
