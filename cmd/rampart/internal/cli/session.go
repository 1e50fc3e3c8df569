package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/doctor"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/road"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

// session is one call of a command on one stack.
type session struct {
	flags
	stack    workspace.Stack
	stdout   io.Writer
	progress io.Writer
}

// newSession finds the clone and the stack. It changes nothing.
func newSession(cmd *cobra.Command, shared *flags) (*session, error) {
	directory, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working directory: %w", err)
	}
	space, err := workspace.Open(directory)
	if err != nil {
		return nil, err
	}
	file, err := stackFile(space, shared)
	if err != nil {
		return nil, err
	}
	userHome, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("finding your home folder: %w", err)
	}
	backend, err := space.ChooseBackend(os.LookupEnv, userHome)
	if err != nil {
		return nil, err
	}
	// What is wrong with the file is said when the configuration is read.
	values, _ := stacks.ReadFile(file)
	return &session{
		flags: *shared,
		stack: workspace.Stack{
			Workspace: space, Name: shared.stack, File: file, Provider: stacks.ProviderOf(values), Backend: backend,
		},
		stdout:   cmd.OutOrStdout(),
		progress: cmd.ErrOrStderr(),
	}, nil
}

func stackFile(space *workspace.Workspace, shared *flags) (string, error) {
	if shared.config == "" {
		return stacks.Find(space.Stacks(), shared.stack)
	}
	path, err := filepath.Abs(shared.config)
	if err != nil {
		return "", fmt.Errorf("finding the stack file: %w", err)
	}
	return path, nil
}

// configuration reads and checks the stack file, as the program will.
func (s *session) configuration() (stacks.Config, error) { return s.load(false) }

// configurationOfStanding is configuration for a command that works with the stack that stands and changes nothing of it: a
// waiver or a grant that ended last night is no reason to leave the cluster unwatched, or out of reach.
func (s *session) configurationOfStanding() (stacks.Config, error) { return s.load(true) }

func (s *session) load(standing bool) (stacks.Config, error) {
	values, err := stacks.ReadFile(s.stack.File)
	if err != nil {
		return stacks.Config{}, err
	}
	host, err := stacks.ThisHost(s.stack.Home, s.stack.Name)
	if err != nil {
		return stacks.Config{}, err
	}
	host.Standing = standing
	if images := host.Images; images != nil {
		forced := s.forcedRoad()
		if (forced != "" && images.Road != forced) || images.Road == stacks.RoadAirgap {
			// What was got for the other road does not limit this one, and what was built before does not limit what is built
			// next.
			host.Images = nil
		}
	}
	config, err := stacks.Load(values, host)
	if err != nil {
		return stacks.Config{}, fmt.Errorf("stack %s (%s):\n%w", s.stack.Name, s.stack.File, err)
	}
	return config, nil
}

// clusterName is the name in the stack file if that can be told, however faulty the rest of the file is: a cluster must
// be removable with a configuration that it could not be made from any more.
func (s *session) clusterName() string {
	values, err := stacks.ReadFile(s.stack.File)
	if err != nil {
		return ""
	}
	return stacks.ClusterName(values)
}

// kubernetesVersion is what the stack file asks for, or the default one if the file does not say or cannot be read: what a
// destroy needs is built whatever is wrong with the rest.
func (s *session) kubernetesVersion() baseline.KubernetesVersion {
	if values, err := stacks.ReadFile(s.stack.File); err == nil {
		if version := stacks.ClusterVersion(values); baseline.CheckKubernetesVersion(version) == nil {
			return version
		}
	}
	return baseline.DefaultKubernetesVersion
}

func (s *session) forcedRoad() stacks.Road {
	if s.road != "" {
		return stacks.Road(s.road)
	}
	return stacks.Road(os.Getenv(road.Variable))
}

// equip gets what a run of the program needs: what the road provides, our own programs, and the folders of the state.
func (s *session) equip(ctx context.Context) error {
	if err := s.provide(ctx); err != nil {
		return err
	}
	if err := toolchain.Build(ctx, s.stack.Workspace, s.cloud(), s.environment(), s.progress); err != nil {
		return err
	}
	return s.prepare(ctx)
}

// provide chooses the road and gets what it provides.
func (s *session) provide(ctx context.Context) error {
	var taken stacks.Road
	images, err := stacks.ReadImages(s.stack.Home)
	if err != nil {
		return err
	}
	if images != nil {
		taken = images.Road
	}
	choice, err := road.Choose(ctx, road.Question{
		Flag: s.road, Environment: os.Getenv(road.Variable), Taken: taken,
		CacheExists: road.CacheExists(), Reachable: road.Probe(road.Registry),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.progress, "Road: %s (%s)\n", choice.Road, choice.Reason)
	if !s.stack.Backend.Ours {
		fmt.Fprintf(s.progress, "State: your own Pulumi backend (%s)\n", s.stack.Backend.Reason)
	}
	if err := s.stack.Create(); err != nil {
		return err
	}
	need := road.Need{Version: s.kubernetesVersion()}
	if !s.cloud() {
		// What is wrong with the file is said elsewhere.
		values, _ := stacks.ReadFile(s.stack.File)
		need.Engine = stacks.ClusterEngine(values)
	}
	return road.Take(ctx, s.stack.Workspace, choice.Road, need, s.progress)
}

// checkMachine fails with all that would keep a cluster on this machine from being made, before anything is built for it. Of a
// cluster that stands nothing is asked.
func (s *session) checkMachine(ctx context.Context, config stacks.Config) error {
	if s.cloud() || stacks.FindCluster(s.stack.Home, config.Cluster.Name).Complete {
		return nil
	}
	var faults []error
	for _, finding := range doctor.Obstacles(ctx, s.stack.Workspace, config, !s.stack.Backend.Ours || s.stack.Exists()) {
		faults = append(faults, fmt.Errorf("%s: %s: %s", finding.Subject, finding.Detail, finding.Remedy))
	}
	if len(faults) > 0 {
		return fmt.Errorf("stack %s cannot be made on this machine:\n%w", s.stack.Name, errors.Join(faults...))
	}
	return nil
}

// prepare makes the folders of the state, and then gets the plugins that the published road does not bring with the rest: what
// starts the Pulumi CLI comes after what keeps it from writing logs (docs/decisions/0030-no-log-of-the-engine.md).
func (s *session) prepare(ctx context.Context) error {
	if err := s.stack.Prepare(); err != nil {
		return err
	}
	images, err := stacks.ReadImages(s.stack.Home)
	if err != nil || images == nil || images.Road != stacks.RoadPublished {
		return err
	}
	return road.InstallPlugins(ctx, s.stack.Workspace, s.environment(), s.stack.Provider, s.progress)
}

// cloud says whether the stack's cluster is in one.
func (s *session) cloud() bool { return s.stack.Provider != baseline.ProviderKind }

func (s *session) environment() []string {
	return s.stack.Environment(os.Environ(), os.LookupEnv)
}

// engine returns the Pulumi CLI on this stack.
func (s *session) engine() *engine.Engine {
	return &engine.Engine{
		Stack: s.stack, Environment: s.environment(), Stdin: os.Stdin, Stdout: s.stdout, Progress: s.progress,
	}
}
