package node

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Preload fills a containerd store with images, by a containerd that runs on this machine for a moment, with
// everything of its own in a temporary folder: it touches no container, network or service of the machine.
type Preload struct {
	// ContainerdBin has containerd and ctr.
	ContainerdBin string
	// Layouts are folders of finished image parts.
	Layouts []string
}

// StoreDir is the result in the part's folder: what belongs at /var/lib/containerd.
const StoreDir = "store"

// config keeps only the plugins that store images. Version 2 is understood by containerd 1.7 and 2.x.
const preloadConfig = `version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.differ.v1.erofs", "io.containerd.mount-handler.v1.erofs", "io.containerd.podsandbox.controller.v1.cri"]
[grpc]
  address = %q
[ttrpc]
  address = %q
`

// Build runs containerd, imports each image without unpacking it, and stops containerd.
func (p Preload) Build(ctx context.Context, job *part.Job) (err error) {
	// Socket names have a limit of some hundred characters; the part's own folder may lie too deep.
	state, err := os.MkdirTemp("", "rampart-preload-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(state) }()
	root := filepath.Join(state, "root")
	socket := filepath.Join(state, "c.sock")
	config := filepath.Join(state, "config.toml")
	text := fmt.Sprintf(preloadConfig, root, filepath.Join(state, "state"), socket, socket+".ttrpc")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	stop, err := p.start(ctx, job, config, socket)
	if err != nil {
		return err
	}
	// Whatever went wrong before, containerd must not be left.
	if err := errors.Join(p.importAll(ctx, job, socket), stop()); err != nil {
		return err
	}
	// Only what holds images: empty folders of plugins that did not run would carry this machine's kernel features into
	// the node.
	job.Step("keeping the store", 0, 0)
	for _, dir := range []string{"io.containerd.content.v1.content", "io.containerd.metadata.v1.bolt"} {
		if err := copyTree(filepath.Join(job.Dir, StoreDir, dir), filepath.Join(root, dir)); err != nil {
			return fmt.Errorf("keeping containerd's store: %w", err)
		}
	}
	return nil
}

// importAll imports each image under both of its names.
func (p Preload) importAll(ctx context.Context, job *part.Job, socket string) error {
	for i, dir := range p.Layouts {
		ref, err := image.Read(dir, image.ReferenceFile)
		if err != nil {
			return err
		}
		job.Step("importing "+ref, int64(i), int64(len(p.Layouts)))
		if err = p.load(ctx, job, socket, filepath.Join(dir, image.LayoutDir)); err == nil {
			err = p.nameByDigest(ctx, job, socket, dir, ref)
		}
		if err != nil {
			return fmt.Errorf("importing image %s into containerd's store: %w", ref, err)
		}
	}
	return nil
}

// start runs containerd until stop is called.
func (p Preload) start(ctx context.Context, job *part.Job, config, socket string) (stop func() error, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(p.ContainerdBin, "containerd"), "--config", config, "--log-level", "warn")
	cmd.Stdout, cmd.Stderr = job.Log, job.Log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	job.Step("starting containerd", 0, 0)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	stop = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-done; err != nil && ctx.Err() == nil {
			return fmt.Errorf("stopping containerd: %w", err)
		}
		return nil
	}
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	for {
		// ctr waits long for a socket that is not there, so look first.
		if _, err := os.Stat(socket); err == nil {
			if p.ctr(ctx, socket, "version").Run() == nil {
				return stop, nil
			}
		}
		select {
		case err := <-done:
			return nil, fmt.Errorf("containerd ended while it should have served (its output is in the log): %w", err)
		case <-deadline.C:
			_ = stop()
			return nil, fmt.Errorf("containerd did not answer within a minute; its output is in the log")
		case <-ctx.Done():
			_ = stop()
			return nil, context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (p Preload) ctr(ctx context.Context, socket string, args ...string) *exec.Cmd {
	args = append([]string{"--address", socket, "--namespace", "k8s.io"}, args...)
	return exec.CommandContext(ctx, filepath.Join(p.ContainerdBin, "ctr"), args...)
}

func (p Preload) load(ctx context.Context, job *part.Job, socket, layout string) error {
	// The label keeps the kubelet from removing the image when the disk runs full: it could not be pulled again.
	cmd := p.ctr(ctx, socket, "images", "import", "--all-platforms", "--no-unpack",
		"--label", "io.cri-containerd.pinned=pinned", "-")
	r, w := io.Pipe()
	cmd.Stdin = r
	go func() { w.CloseWithError(tarTree(w, layout)) }()
	defer func() { _ = r.Close() }()
	return job.Command(ctx, cmd, nil)
}

// nameByDigest gives an image its second name, the one that it would have if it had been pulled: pods may have to name it
// by its digest.
func (p Preload) nameByDigest(ctx context.Context, job *part.Job, socket, dir, ref string) error {
	digest, err := image.Read(dir, image.DigestFile)
	if err != nil {
		return err
	}
	tagged, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	return job.Command(ctx, p.ctr(ctx, socket, "images", "tag", ref, tagged.Context().Name()+"@"+digest), nil)
}

// tarTree streams a folder of regular files.
func tarTree(w io.Writer, dir string) error {
	tw := tar.NewWriter(w)
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: filepath.ToSlash(rel), Size: info.Size(), Mode: 0o644}
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		f, err := os.Open(file) //nolint:gosec // a folder of ours, that nobody else writes to
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		_, err = io.Copy(tw, f)
		return err
	})
	if err != nil {
		return err
	}
	return tw.Close()
}

// copyTree copies folders and regular files with their permissions. A rename would do if the temporary folder were on
// the same disk.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(file, from))
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.MkdirAll(target, info.Mode().Perm())
		case d.Type().IsRegular():
			return copyFile(target, file, info.Mode().Perm())
		default:
			return nil
		}
	})
}

func copyFile(to, from string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
