package road

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/internal/compiled"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/components/network"
	"github.com/rampart-iac/rampart/stacks"
)

// Need is what a stack needs of a road.
type Need struct {
	// Version of Kubernetes that clusters have.
	Version baseline.KubernetesVersion

	// Engine is the container engine that the stack names, "auto" for any. Empty: it needs none.
	Engine string
}

// Take gets everything that the road provides into the working folder. Nothing is done if it is there already. Progress goes to
// the stream.
func Take(ctx context.Context, w *workspace.Workspace, road stacks.Road, need Need, progress io.Writer) error {
	switch road {
	case stacks.RoadAirgap:
		return takeAirgap(ctx, w, need, progress)
	case stacks.RoadPublished:
		return takePublished(ctx, w, need.Engine, progress)
	default:
		return fmt.Errorf("road %q: there is no such road", road)
	}
}

// airgapTools are the programs that the air-gapped road puts into the working folder.
var airgapTools = []string{"pulumi", "pulumi-language-go", "pulumi-resource-kubernetes", "kubectl"}

// Programs are the paths of the programs that any road may put into a working folder.
func Programs(w *workspace.Workspace) []string {
	paths := make([]string, 0, len(airgapTools))
	for _, tool := range airgapTools {
		paths = append(paths, w.Tool(tool))
	}
	return paths
}

// takeAirgap builds what cannot be downloaded. The tool is a Go module of its own, and has a cache of its own, in which other
// versions stay.
func takeAirgap(ctx context.Context, w *workspace.Workspace, need Need, progress io.Writer) error {
	source := filepath.Join(w.Root, "tools", "airgap")
	// Another Go, and another release of the distribution, build other programs and images: tools/airgap has them in its keys.
	mark, err := fingerprint([]string{string(stacks.RoadAirgap), string(need.Version), runtime.Version(), distribution()}, source)
	if err != nil {
		return err
	}
	wanted := []string{filepath.Join(w.Home, stacks.ImagesFile)}
	for _, tool := range airgapTools {
		wanted = append(wanted, w.Tool(tool))
	}
	if images, err := stacks.ReadImages(w.Home); err == nil && images != nil {
		wanted = append(wanted, images.Node.Archive, images.CalicoCRDs)
	}
	done, err := stamped(w.Home, mark, wanted)
	if err != nil || (done && !lost(need.Engine)) {
		return err
	}
	err = airgap(ctx, w, progress,
		"build", "--kubernetes", string(need.Version), "--engine", need.Engine, "--home", w.Home)
	if err != nil {
		return err
	}
	return stamp(w.Home, mark)
}

// distribution is what this machine's says of itself, its release among it, and nothing where it says nothing.
func distribution() string {
	content, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	return string(content)
}

// airgap compiles the tool of the air-gapped road and runs it.
func airgap(ctx context.Context, w *workspace.Workspace, progress io.Writer, args ...string) error {
	fmt.Fprintln(progress, "Compiling tools/airgap (seconds, or a minute if nothing of it is cached yet)")
	err := process.Run(ctx, process.Command{
		Path: "go", Args: append([]string{"run", "."}, args...), Dir: filepath.Join(w.Root, "tools", "airgap"),
		Env: compiled.Compiler(os.Environ()), Stdout: progress, Stderr: progress,
	})
	if err != nil && !errors.Is(err, process.ErrInterrupted) {
		return fmt.Errorf("tools/airgap %s has failed, see above: %w", args[0], err)
	}
	return err
}

// takePublished installs an engine where there is none, finds or installs the Pulumi CLI, fetches Calico's definitions, and
// leaves the images to the engine.
func takePublished(ctx context.Context, w *workspace.Workspace, engine string, progress io.Writer) error {
	crds := filepath.Join(w.Home, "calico", network.Version, "crds")
	mark, err := fingerprint([]string{
		string(stacks.RoadPublished), PulumiVersion, network.CRDsSHA256, string(baseline.DefaultKubernetesVersion),
	})
	if err != nil {
		return err
	}
	done, err := stamped(w.Home, mark, []string{
		filepath.Join(w.Home, stacks.ImagesFile), w.Tool("pulumi"), filepath.Join(crds, definitionsFile),
	})
	if err != nil || (done && !lost(engine)) {
		return err
	}
	if LacksEngine(ctx, engine) {
		if err := airgap(ctx, w, progress, "engine"); err != nil {
			return err
		}
	}
	if err := installPulumi(ctx, w, progress); err != nil {
		return err
	}
	if err := fetchDefinitions(ctx, network.CRDsURL, network.CRDsSHA256, crds); err != nil {
		return err
	}
	// An older air-gapped plugin on the PATH would win over the published one.
	for _, name := range []string{"pulumi-resource-kubernetes", "pulumi-language-go"} {
		if err := os.Remove(w.Tool(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing an air-gapped build: %w", err)
		}
	}
	images := stacks.Images{
		Road: stacks.RoadPublished, KubernetesVersion: baseline.DefaultKubernetesVersion, CalicoCRDs: crds,
	}
	content, err := json.MarshalIndent(images, "", "  ")
	if err != nil {
		return fmt.Errorf("noting what the road provides: %w", err)
	}
	const mode = 0o600
	if err := os.WriteFile(filepath.Join(w.Home, stacks.ImagesFile), append(content, '\n'), mode); err != nil {
		return fmt.Errorf("noting what the road provides: %w", err)
	}
	return stamp(w.Home, mark)
}
