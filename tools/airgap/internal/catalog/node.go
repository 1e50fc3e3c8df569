package catalog

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/node"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// nodeRevision goes into the node image's key. Raise it when package node puts the image together in another way.
const nodeRevision = "2"

func (c *Catalog) preload(containerd *part.Part, images []*part.Part) *part.Part {
	return c.add(&part.Part{
		Name: "preload", Title: "containerd store with all images", Class: part.Fetch,
		Inputs: append([]*part.Part{containerd}, images...),
		Facts:  []string{"revision " + nodeRevision},
		Build: func(ctx context.Context, job *part.Job) error {
			p := node.Preload{ContainerdBin: filepath.Join(job.Input(containerd), "bin")}
			for _, i := range images {
				p.Layouts = append(p.Layouts, job.Input(i))
			}
			return p.Build(ctx, job)
		},
	})
}

func (c *Catalog) node(rootfs, kubernetes, containerd, preload *part.Part, images []*part.Part) *part.Part {
	r := c.Release
	kindRecipe := "kind-" + kindVersion
	return c.add(&part.Part{
		Name: "node", Title: "node image " + r.Kubernetes, Class: part.Fetch,
		Inputs: append([]*part.Part{rootfs, kubernetes, containerd, preload}, images...),
		Facts:  []string{"revision " + nodeRevision, "pause " + r.Pause},
		Files:  []string{filepath.Join(c.options.recipes(), kindRecipe)},
		Build: func(ctx context.Context, job *part.Job) error {
			kind, err := c.moduleDir(ctx, kindRecipe, kindModule)
			if err != nil {
				return err
			}
			manifest, err := c.storageManifest(ctx)
			if err != nil {
				return err
			}
			s := node.Spec{
				Repository: nodeRepository, KubernetesVersion: r.Kubernetes,
				Rootfs:     filepath.Join(job.Input(rootfs), debian.Tar),
				KindModule: kind, KindVersion: kindModule + "@" + kindVersion,
				KubernetesBin:   filepath.Join(job.Input(kubernetes), "bin"),
				ContainerdBin:   filepath.Join(job.Input(containerd), "bin"),
				Store:           filepath.Join(job.Input(preload), node.StoreDir),
				PauseImage:      upstreamRegistry + "pause:" + r.Pause,
				StorageManifest: manifest,
			}
			for _, i := range images {
				s.Images = append(s.Images, job.Input(i))
			}
			return s.Build(ctx, job)
		},
	})
}

// storageManifest is local-path-provisioner's own manifest, out of its module, changed as kind changes it: the images
// are ours, volumes lie under /var, which outlives a restart of the node, the class is the default one, and control
// planes without workers run it too. Its scripts need a shell, mkdir and rm: kube-proxy's image has them, and every
// node has it unpacked already.
func (c *Catalog) storageManifest(ctx context.Context) ([]byte, error) {
	dir, err := c.moduleDir(ctx, "local-path-provisioner-"+localPathVersion, localPathModule)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "deploy", "local-path-storage.yaml"))
	if err != nil {
		return nil, err
	}
	return adaptStorage(data, c.Reference("kube-proxy"))
}

func adaptStorage(data []byte, helper string) ([]byte, error) {
	for _, edit := range [][2]string{
		{"image: rancher/local-path-provisioner:", "image: " + localRepository + "local-path-provisioner:"},
		{"image: busybox", "image: " + helper},
		{`"/opt/local-path-provisioner"`, `"/var/local-path-provisioner"`},
		{"  name: local-path\nprovisioner:", "  name: standard\n  annotations:\n" +
			"    storageclass.kubernetes.io/is-default-class: \"true\"\nprovisioner:"},
		{"    spec:\n      serviceAccountName:", strings.Join([]string{
			"    spec:", "      nodeSelector:", "        kubernetes.io/os: linux", "      tolerations:",
			"        - key: node-role.kubernetes.io/control-plane", "          operator: Exists", "          effect: NoSchedule",
			"      serviceAccountName:"}, "\n")},
	} {
		if n := bytes.Count(data, []byte(edit[0])); n != 1 {
			return nil, fmt.Errorf("local-path-provisioner's manifest has %q %d times, want once: this version needs another recipe",
				edit[0], n)
		}
		data = bytes.Replace(data, []byte(edit[0]), []byte(edit[1]), 1)
	}
	return data, nil
}
