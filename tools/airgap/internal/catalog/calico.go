package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// CRDsDir is the folder with definitions in a finished CalicoCRDs part.
const CRDsDir = "crds"

// calicoDefinitions copies Calico's custom resource definitions out of its module, one file each. The program that
// installs Calico reads them from there: the repository holds no copy that could fall behind.
func (c *Catalog) calicoDefinitions() *part.Part {
	recipe := "calico-" + calicoVersion
	return c.add(&part.Part{
		Name: "calico-crds", Title: "Calico's resource definitions", Class: part.Fetch,
		Files: []string{filepath.Join(c.options.recipes(), recipe)},
		Build: func(ctx context.Context, job *part.Job) error {
			dir, err := c.moduleDir(ctx, recipe, calicoModule)
			if err != nil {
				return err
			}
			files, err := filepath.Glob(filepath.Join(dir, "libcalico-go", "config", "crd", "*.yaml"))
			if err != nil || len(files) == 0 {
				return fmt.Errorf("calico %s has no resource definitions in libcalico-go/config/crd: this version needs another recipe",
					calicoVersion)
			}
			to := filepath.Join(job.Dir, CRDsDir)
			if err := os.MkdirAll(to, 0o750); err != nil {
				return err
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), data, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
