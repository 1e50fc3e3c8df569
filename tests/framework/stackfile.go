package framework

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Take makes the installation one of a stack of the repository, and returns the stack's configuration as the repository has it,
// to be changed and written with Configure.
func (p *Product) Take(stack string) (map[string]any, error) {
	name := "Pulumi." + stack + ".yaml"
	content, err := os.ReadFile(filepath.Join(p.Root, "stacks", name))
	if err != nil {
		return nil, err
	}
	var file struct {
		Config map[string]any `json:"config"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	cluster, _ := file.Config["rampart:cluster"].(map[string]any)
	called, ok := cluster["name"].(string)
	if !ok {
		return nil, fmt.Errorf("%s: rampart:cluster has no name", name)
	}
	p.Stack, p.Cluster, p.ConfigFile = stack, called, filepath.Join(p.Dir, name)
	return file.Config, nil
}
