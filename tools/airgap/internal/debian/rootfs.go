package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Epoch is the time stamp, in seconds since 1970, of every file in every root filesystem and image: 2026-01-01. Real times would give
// another digest each time.
const Epoch = 1767225600

// Rootfs describes a root filesystem made of Debian packages.
type Rootfs struct {
	// Variant is mmdebstrap's: "essential" has no apt in it, "extract" only what Packages say.
	Variant string
	// Packages are installed beside what the variant brings.
	Packages []string
	// Sources is the content of an apt sources file.
	Sources string
}

// Facts go into the part's key. The state of the mirror does not: a package update does not rebuild anything by itself.
func (r Rootfs) Facts() []string {
	return []string{"variant " + r.Variant, "packages " + strings.Join(r.Packages, " ")}
}

// Tar is the name of the result in the part's folder.
const Tar = "rootfs.tar"

// Build runs mmdebstrap. It needs root, or the right to make user namespaces (package uidmap), and network access to the mirror.
func (r Rootfs) Build(ctx context.Context, job *part.Job) error {
	sources := filepath.Join(job.Dir, "sources.list")
	if err := os.WriteFile(sources, []byte(r.Sources), 0o644); err != nil {
		return err
	}
	defer func() { _ = os.Remove(sources) }()
	args := []string{
		"--variant=" + r.Variant,
		"--include=" + strings.Join(r.Packages, ","),
		// Manuals and translations are half of a small root filesystem; copyright files stay, the licences want that.
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/info/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
		"--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-include=/usr/share/doc/*/copyright",
		"--aptopt=Acquire::Retries \"3\"",
		"--format=tar",
		suiteOf(r.Sources), filepath.Join(job.Dir, Tar), sources,
	}
	cmd := exec.CommandContext(ctx, "mmdebstrap", args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", Epoch), "DEBIAN_FRONTEND=noninteractive")
	job.Step("starting mmdebstrap", 0, 0)
	if err := job.Command(ctx, cmd, func(line string) { job.Step(line, 0, 0) }); err != nil {
		return fmt.Errorf("making a Debian root filesystem: %w; the apt mirror must be reachable (another one: --apt-sources FILE)", err)
	}
	return nil
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
