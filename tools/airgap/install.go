package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rampart-iac/rampart/tools/airgap/internal/catalog"
	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// imagesFile is images.json in the working folder: it tells the Pulumi program and the plugin which road was taken,
// and where images are.
type imagesFile struct {
	Road              string               `json:"road"`
	KubernetesVersion string               `json:"kubernetesVersion"`
	Node              nodeImage            `json:"node"`
	Images            map[string]reference `json:"images"`
	CalicoCRDs        string               `json:"calicoCRDs"`
}

type nodeImage struct {
	Reference string `json:"reference"`
	Archive   string `json:"archive"`
	ID        string `json:"id"`
}

type reference struct {
	Reference string `json:"reference"`
}

// listed are the images that the program names; those that kubeadm names are in the node too, but nobody has to know
// them.
var listed = []string{"calico-node", "calico-cni", "calico-kube-controllers", "agnhost"}

// install puts the programs into <home>/bin and writes <home>/images.json.
func install(c *catalog.Catalog, store part.Store, home string) error {
	home, err := filepath.Abs(home)
	if err != nil {
		return err
	}
	bin := filepath.Join(home, "bin")
	// The working folder also holds keys and passphrases: it is the user's alone.
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return err
	}
	for _, program := range c.Programs {
		dir, err := store.Dir(program.Part)
		if err != nil {
			return err
		}
		if err := place(filepath.Join(dir, "bin", program.Name), filepath.Join(bin, program.Name)); err != nil {
			return fmt.Errorf("placing %s: %w", program.Name, err)
		}
	}
	return writeImages(c, store, filepath.Join(home, "images.json"))
}

func writeImages(c *catalog.Catalog, store part.Store, file string) error {
	dir, err := store.Dir(c.Node)
	if err != nil {
		return err
	}
	out := imagesFile{
		Road: "airgap", KubernetesVersion: c.Release.Kubernetes,
		Node:   nodeImage{Archive: filepath.Join(dir, image.ArchiveFile)},
		Images: map[string]reference{},
	}
	if out.Node.Reference, err = image.Read(dir, image.ReferenceFile); err != nil {
		return err
	}
	if out.Node.ID, err = image.Read(dir, image.IDFile); err != nil {
		return err
	}
	definitions, err := store.Dir(c.CalicoCRDs)
	if err != nil {
		return err
	}
	out.CalicoCRDs = filepath.Join(definitions, catalog.CRDsDir)
	for _, name := range listed {
		out.Images[name] = reference{Reference: c.Reference(name)}
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return replace(file, func(tmp string) error { return os.WriteFile(tmp, append(data, '\n'), 0o600) })
}

// place makes to the same file as from: by a hard link where it can, which costs neither time nor space, and by a copy
// elsewhere. A link that is there already is left alone, because running programs may hold it.
func place(from, to string) error {
	a, err := os.Stat(from)
	if err != nil {
		return err
	}
	if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
		return nil
	}
	return replace(to, func(tmp string) error {
		if os.Link(from, tmp) == nil {
			return nil
		}
		return copyFile(from, tmp)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // a program
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// replace makes a file under another name and renames it, so that a reader sees the old or the new one, never half of
// it.
func replace(file string, write func(tmp string) error) error {
	tmp := fmt.Sprintf("%s.%d.tmp", file, os.Getpid())
	defer func() { _ = os.Remove(tmp) }()
	_ = os.Remove(tmp)
	if err := write(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}
