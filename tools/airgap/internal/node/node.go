package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
	"github.com/rampart-iac/rampart/tools/airgap/internal/sbom"
)

// Spec describes a node image. All paths are of finished parts.
type Spec struct {
	// Repository is the image's name without a tag.
	Repository        string
	KubernetesVersion string
	// Rootfs is a tar file.
	Rootfs string
	// KindModule is the folder of kind's Go module, KindVersion its name and version for the SBOM.
	KindModule, KindVersion string
	// KubernetesBin and ContainerdBin hold the programs.
	KubernetesBin, ContainerdBin string
	// Store is what Preload made; Images are the folders of the image parts that are in it.
	Store  string
	Images []string
	// PauseImage is the sandbox image in containerd's configuration; it must be in the store.
	PauseImage string
	// StorageManifest becomes kind's default storage class.
	StorageManifest []byte
}

// Build writes the image as an archive. The tag is the Kubernetes version and the first 12 hex digits of the image's
// id, so that two different images never have the same name, and a rebuilt one is loaded beside a running cluster's,
// not over it.
func (s Spec) Build(ctx context.Context, job *part.Job) error {
	if err := s.checkImages(ctx); err != nil {
		return err
	}
	base, err := s.base(ctx, job)
	if err != nil {
		return err
	}
	store := &image.Tree{}
	if err := store.CopyDir("/var/lib/containerd", s.Store, nil); err != nil {
		return err
	}
	spec := image.Spec{
		Reference:   s.Repository + ":" + s.KubernetesVersion,
		Suffix:      func(id string) string { return "-" + id[:12] },
		Trees:       []*image.Tree{base, s.programs(), store},
		Compression: image.Plain,
		Config: v1.Config{
			// systemd looks for this variable, and ends on this signal only.
			Env:        []string{"container=docker"},
			StopSignal: "SIGRTMIN+3",
			Entrypoint: []string{"/usr/local/bin/entrypoint", "/sbin/init"},
			Labels: map[string]string{
				"org.opencontainers.image.title":   "Rampart kind node",
				"org.opencontainers.image.version": s.KubernetesVersion,
			},
		},
		Contents: sbom.Contents{
			Rootfs:  s.Rootfs,
			Modules: []string{s.KindVersion},
			Binaries: []string{
				filepath.Join(s.KubernetesBin, "kubelet"), filepath.Join(s.KubernetesBin, "kubeadm"),
				filepath.Join(s.KubernetesBin, "kubectl"),
				filepath.Join(s.ContainerdBin, "containerd"), filepath.Join(s.ContainerdBin, "containerd-shim-runc-v2"),
				filepath.Join(s.ContainerdBin, "ctr"),
			},
		},
	}
	return spec.WriteArchive(ctx, job)
}

// checkImages asks kubeadm itself which images a cluster needs. One that is missing here would show as a pull that
// times out, minutes into the making of a cluster.
func (s Spec) checkImages(ctx context.Context) error {
	have := map[string]bool{}
	for _, dir := range s.Images {
		ref, err := image.Read(dir, image.ReferenceFile)
		if err != nil {
			return err
		}
		have[ref] = true
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(s.KubernetesBin, "kubeadm"),
		"config", "images", "list", "--kubernetes-version", s.KubernetesVersion)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("asking kubeadm for its images: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	var faults []error
	for _, ref := range append(strings.Fields(out.String()), s.PauseImage) {
		if !have[ref] {
			faults = append(faults, fmt.Errorf("kubeadm %s needs image %s, which is not in the catalog: correct the release's versions",
				s.KubernetesVersion, ref))
		}
	}
	return errors.Join(faults...)
}
