package road

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
)

// plugin is a resource plugin of Pulumi's.
type plugin struct {
	name    string
	version string // with a "v"
}

// folder is the name of its folder among the plugins of a Pulumi home.
func (p plugin) folder() string { return "resource-" + p.name + "-" + p.version }

const kubernetesPlugin = "kubernetes"

// sdks are the Go modules of a plugin's SDK, by the plugin's name: how their paths begin.
var sdks = map[string]string{
	kubernetesPlugin: "github.com/pulumi/pulumi-kubernetes/sdk/",
	"aws":            "github.com/pulumi/pulumi-aws/sdk/",
	"azure-native":   "github.com/pulumi/pulumi-azure-native-sdk/",
	"gcp":            "github.com/pulumi/pulumi-gcp/sdk/",
}

// cloudPlugins are what a provider's stacks need beside the one for Kubernetes.
var cloudPlugins = map[baseline.Provider]string{
	baseline.ProviderEKS: "aws", baseline.ProviderAKS: "azure-native", baseline.ProviderGKE: "gcp",
}

// InstallPlugins downloads the plugins of Pulumi's that stacks of a provider need and that the Pulumi home in the environment
// lacks, in the versions of the SDKs in go.mod.
//
// The engine would, too, but those of every cloud: the language host asks for a plugin for each SDK in go.mod, whichever of them
// the stack's program is compiled with (docs/decisions/0019-one-cloud-a-program.md). It is told not to (workspace.Environment).
func InstallPlugins(
	ctx context.Context, w *workspace.Workspace, environment []string, provider baseline.Provider, progress io.Writer,
) error {
	modules, err := requirements(w.Root)
	if err != nil {
		return fmt.Errorf("finding out which plugins the program needs: %w", err)
	}
	home, err := pulumiHome(environment)
	if err != nil {
		return err
	}
	for _, each := range pluginsOf(provider, modules) {
		if installed(home, each) {
			continue
		}
		fmt.Fprintf(progress, "Installing Pulumi's plugin for %s %s\n", each.name, each.version)
		err := process.Run(ctx, process.Command{
			Path: w.Tool("pulumi"), Args: []string{"plugin", "install", "resource", each.name, each.version},
			Dir: w.Root, Env: environment, Stdout: progress, Stderr: progress,
		})
		if errors.Is(err, process.ErrInterrupted) {
			return err
		}
		if err != nil {
			return fmt.Errorf("installing Pulumi's plugin for %s %s: %w; install it by hand (pulumi plugin install resource %s %s), "+
				"or take the air-gapped road (%s=airgap)", each.name, each.version, err, each.name, each.version, Variable)
		}
	}
	return nil
}

// requirements are the modules that the go.mod in a folder names.
func requirements(folder string) ([]module.Version, error) {
	const name = "go.mod"
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	file, err := modfile.ParseLax(name, content, nil)
	if err != nil {
		return nil, err
	}
	modules := make([]module.Version, 0, len(file.Require))
	for _, each := range file.Require {
		modules = append(modules, each.Mod)
	}
	return modules, nil
}

// pluginsOf are those that a provider's stacks need, each once: an SDK of several modules may have several versions.
func pluginsOf(provider baseline.Provider, modules []module.Version) []plugin {
	needed := []string{kubernetesPlugin}
	if cloud := cloudPlugins[provider]; cloud != "" {
		needed = append(needed, cloud)
	}
	var found []plugin
	for _, name := range needed {
		for _, each := range modules {
			candidate := plugin{name, each.Version}
			if strings.HasPrefix(each.Path, sdks[name]) && !slices.Contains(found, candidate) {
				found = append(found, candidate)
			}
		}
	}
	return found
}

// pulumiHome is the folder that a Pulumi CLI with this environment keeps its plugins in.
func pulumiHome(environment []string) (string, error) {
	const variable = "PULUMI_HOME="
	for _, each := range slices.Backward(environment) { // the last one counts
		if home, found := strings.CutPrefix(each, variable); found && home != "" {
			return home, nil
		}
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding Pulumi's plugins: %w; set PULUMI_HOME", err)
	}
	return filepath.Join(user, ".pulumi"), nil
}

// installed says whether a plugin is in a Pulumi home. A download that was cut off has a file beside it.
func installed(home string, p plugin) bool {
	folder := filepath.Join(home, "plugins", p.folder())
	if _, err := os.Stat(folder + ".partial"); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	info, err := os.Stat(folder)
	return err == nil && info.IsDir()
}
