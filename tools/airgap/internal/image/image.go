package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
	"github.com/rampart-iac/rampart/tools/airgap/internal/sbom"
)

// Names of the files in the folder of a finished image part.
const (
	// LayoutDir is an OCI image layout with this one image in it.
	LayoutDir = "oci"
	// ArchiveFile is a docker-archive, which docker, podman and nerdctl load.
	ArchiveFile = "image.tar"
	// ReferenceFile, DigestFile and IDFile hold one line each: the image's name, its manifest's digest, its
	// configuration's digest (which engines call the image's id).
	ReferenceFile = "reference"
	DigestFile    = "digest"
	IDFile        = "id"
	// SBOMFile is an SPDX 2.3 document.
	SBOMFile = "sbom.spdx.json"
)

// Path is where programs in the images are looked for.
const Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Spec describes an image.
type Spec struct {
	// Reference is its name and tag. Suffix, if not nil, is called with the image's id (hex) to complete the reference.
	Reference string
	Suffix    func(id string) string
	// Trees become the layers, lowest first.
	Trees []*Tree
	// Compression of all layers.
	Compression Compression
	// Config is what containers inherit. PATH is added to Env.
	Config v1.Config
	// Contents for the SBOM.
	Contents sbom.Contents
}

// WriteLayout makes the image as an OCI layout, with its reference, digest, id and SBOM, into job.Dir.
func (s Spec) WriteLayout(ctx context.Context, job *part.Job) error {
	return s.write(ctx, job, func(img v1.Image, ref string) error {
		l, err := layout.Write(filepath.Join(job.Dir, LayoutDir), empty.Index)
		if err != nil {
			return err
		}
		return l.AppendImage(img, layout.WithAnnotations(map[string]string{
			// The name under which containerd imports it, and the one that the OCI specification knows.
			"io.containerd.image.name":          ref,
			"org.opencontainers.image.ref.name": ref[strings.LastIndex(ref, ":")+1:],
		}))
	})
}

// WriteArchive makes the image as a docker-archive, with its reference, digest, id and SBOM, into job.Dir.
func (s Spec) WriteArchive(ctx context.Context, job *part.Job) error {
	return s.write(ctx, job, func(img v1.Image, ref string) error {
		tag, err := name.NewTag(ref, name.StrictValidation)
		if err != nil {
			return err
		}
		return tarball.WriteToFile(filepath.Join(job.Dir, ArchiveFile), tag, img)
	})
}

func (s Spec) write(ctx context.Context, job *part.Job, put func(img v1.Image, ref string) error) error {
	img, cleanup, err := s.assemble(ctx, job)
	defer cleanup()
	if err != nil {
		return err
	}
	id, err := img.ConfigName()
	if err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	ref := s.Reference
	if s.Suffix != nil {
		ref += s.Suffix(id.Hex)
	}
	job.Step("writing "+ref, 0, 0)
	if err := put(img, ref); err != nil {
		return fmt.Errorf("writing image %s: %w", ref, err)
	}
	for file, text := range map[string]string{ReferenceFile: ref, DigestFile: digest.String(), IDFile: id.String()} {
		if err := os.WriteFile(filepath.Join(job.Dir, file), []byte(text+"\n"), 0o600); err != nil {
			return err
		}
	}
	job.Step("writing the SBOM", 0, 0)
	return sbom.Write(filepath.Join(job.Dir, SBOMFile), ref, digest.String(), Epoch(), s.Contents)
}

func (s Spec) assemble(ctx context.Context, job *part.Job) (img v1.Image, cleanup func(), err error) {
	var files []string
	cleanup = func() {
		for _, f := range files {
			_ = os.Remove(f)
		}
	}
	config := s.Config
	config.Env = append([]string{"PATH=" + Path}, config.Env...)
	for _, e := range s.Config.Env {
		if strings.HasPrefix(e, "PATH=") {
			config.Env = s.Config.Env
		}
	}
	oci := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	img, err = mutate.ConfigFile(oci, &v1.ConfigFile{
		Architecture: runtime.GOARCH, OS: "linux", Config: config, Created: v1.Time{Time: Epoch()},
		RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, cleanup, err
	}
	for i, tree := range s.Trees {
		if ctx.Err() != nil {
			return nil, cleanup, context.Cause(ctx)
		}
		job.Step(fmt.Sprintf("writing layer %d of %d", i+1, len(s.Trees)), int64(i), int64(len(s.Trees)))
		file := filepath.Join(job.Dir, fmt.Sprintf("layer-%d.tmp", i))
		files = append(files, file)
		l, err := NewLayer(tree, file, s.Compression)
		if err != nil {
			return nil, cleanup, fmt.Errorf("writing layer %d of %s: %w", i+1, s.Reference, err)
		}
		img, err = mutate.Append(img, mutate.Addendum{
			Layer:   l,
			History: v1.History{Created: v1.Time{Time: Epoch()}, CreatedBy: "rampart airgap"},
		})
		if err != nil {
			return nil, cleanup, err
		}
	}
	return img, cleanup, nil
}

// Read returns the one-line file of a finished image part.
func Read(dir, file string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, file))
	return strings.TrimSpace(string(data)), err
}
