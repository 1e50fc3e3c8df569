package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Rootfs describes a root filesystem made of Debian packages.
type Rootfs struct {
	// Packages are installed beside Debian's essential ones. apt is not among those: nothing is installed into a running
	// node.
	Packages []string
	// Sources is the content of an apt sources file.
	Sources string
}

// Facts go into the part's key: the release of Debian among them, so that a machine that was upgraded builds anew. The state of
// the mirror does not: a package update does not rebuild anything by itself.
func (r Rootfs) Facts() []string {
	return []string{
		"revision " + rootfsRevision, "packages " + strings.Join(r.Packages, " "),
		"suite " + suiteOf(r.Sources), "architecture " + runtime.GOARCH,
	}
}

// rootfsRevision goes into every root filesystem's key. Raise it when Build or leftover change.
const rootfsRevision = "3"

// mergedUsr is a hook of mmdebstrap's that makes /bin, /sbin and /lib what they are to be, links into /usr, before the first
// package is unpacked. Without it the package usrmerge makes them so, with all of Perl, which then stays: half of a small root
// filesystem, in the privileged containers of the pod network.
const mergedUsr = "/usr/share/mmdebstrap/hooks/maybe-merged-usr"

// Tar is the name of the result in the part's folder.
const Tar = "rootfs.tar"

// Build runs mmdebstrap. It needs root, or the right to make user namespaces (package uidmap), and network access to
// the mirror.
func (r Rootfs) Build(ctx context.Context, job *part.Job) error {
	sources := filepath.Join(job.Dir, "sources.list")
	if err := os.WriteFile(sources, []byte(r.Sources), 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(sources) }()
	raw := filepath.Join(job.Dir, "raw.tar")
	defer func() { _ = os.Remove(raw) }()
	args := []string{
		"--variant=essential",
		"--include=" + strings.Join(r.Packages, ","),
		// Manuals and translations are half of a small root filesystem; copyright files stay, the licences want that.
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/info/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
		"--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-include=/usr/share/doc/*/copyright",
		"--dpkgopt=path-exclude=/usr/share/bash-completion/*",
		"--dpkgopt=path-exclude=/usr/share/lintian/*",
		"--aptopt=Acquire::Retries \"3\"",
		// Nobody else sees the tree before it is whole: syncing each file to the disk only costs time.
		"--dpkgopt=force-unsafe-io",
		// Packages are installed with the help of Perl. Nothing is installed any more, and an interpreter less is to be misused.
		"--customize-hook=chroot \"$1\" dpkg --purge --force-depends --force-remove-essential debconf perl-base",
		"--format=tar",
	}
	// An old mmdebstrap does not have it.
	if _, err := os.Stat(mergedUsr); err == nil {
		// A package that brings Perl back must not go unseen.
		args = append(args, "--hook-dir="+mergedUsr, "--customize-hook=! test -e \"$1/usr/bin/perl\"")
	}
	args = append(args, suiteOf(r.Sources), raw, sources)
	cmd := exec.CommandContext(ctx, "mmdebstrap", args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", image.Epoch().Unix()), "DEBIAN_FRONTEND=noninteractive")
	job.Step("starting mmdebstrap", 0, 0)
	if err := job.Command(ctx, cmd, func(line string) { job.Step(line, 0, 0) }); err != nil {
		return fmt.Errorf("making a Debian root filesystem: %w; the apt mirror must be reachable (another one: --apt-sources FILE)",
			err)
	}
	tree := image.Tree{Base: raw, Drop: leftover}
	return tree.WriteFile(filepath.Join(job.Dir, Tar))
}

// leftover tells what does not belong into an image: traces of the machine that it was made on (its name servers, its
// mirrors), caches, logs, device nodes, backups.
func leftover(path string) bool {
	for _, file := range []string{
		"/etc/hostname", "/etc/resolv.conf", "/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-",
		"/etc/apt/sources.list", "/etc/apt/apt.conf.d/99mmdebstrap", "/etc/dpkg/dpkg.cfg.d/99mmdebstrap",
		"/var/lib/dpkg/status-old", "/var/lib/dpkg/available-old",
	} {
		if path == file {
			return true
		}
	}
	for _, dir := range []string{"/dev/", "/etc/apt/sources.list.d/", "/var/cache/", "/var/log/", "/var/lib/apt/lists/"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}

// suiteOf is the first suite that the sources name.
func suiteOf(sources string) string {
	for line := range strings.Lines(sources) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(rest), "[") {
			_, rest, _ = strings.Cut(rest, "]")
		}
		if fields := strings.Fields(rest); len(fields) >= 2 {
			return fields[1]
		}
	}
	return DefaultSuite
}
