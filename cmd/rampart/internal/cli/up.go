package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
)

func newUp(shared *flags) *cobra.Command {
	refresh, stage := false, ""
	command := &cobra.Command{
		Use:   "up",
		Short: "Make the stack, or bring it to what its file says",
		Long: `Makes the stack, or brings it to what its file says.

The file is checked before anything is started. What is missing is then found or built, and the Pulumi CLI runs the
program. What an interrupted run has left is dealt with: there are no questions. A second run changes nothing, and says
so; the one after that does not ask the engine again, as long as file, programs, state and cluster are what they were.

Another kubernetesVersion in the file upgrades the cluster in place, with a snapshot of etcd taken first.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.up(cmd.Context(), refresh, stage)
		},
	}
	command.Flags().BoolVar(&refresh, "refresh", false,
		"look at what stands first, and repair what was changed or deleted by hand")
	command.Flags().StringVar(&stage, "stage", "",
		"cloud: only what the cloud's own API makes, and nothing that needs a way into the cluster's network")
	return command
}

func (s *session) up(ctx context.Context, refresh bool, stage string) error {
	config, err := s.configuration()
	if err != nil {
		return err
	}
	targets, err := s.targets(stage)
	if err != nil {
		return err
	}
	if err := s.checkMachine(ctx, config); err != nil {
		return err
	}
	pulumi, err := s.readyEngine(ctx)
	if err != nil {
		return err
	}
	if !refresh && len(targets) == 0 && s.isSettled(ctx) {
		return s.reportSettled()
	}
	if err := s.wake(ctx, pulumi); err != nil {
		return err
	}
	if err := s.saveBeforeUpgrade(ctx, pulumi, config.Cluster.KubernetesVersion); err != nil {
		return err
	}
	removed, err := s.bring(ctx, pulumi, config, refresh, targets)
	if err != nil {
		return explain(err, config)
	}
	outcome, err := pulumi.Outcome(ctx)
	if err != nil {
		return err
	}
	s.report(outcome, removed)
	if !outcome.Unchanged() || removed || len(targets) > 0 {
		return nil
	}
	return s.settle(ctx)
}

// readyEngine gets what a run needs, and the stack for it.
func (s *session) readyEngine(ctx context.Context) (*engine.Engine, error) {
	if err := s.equip(ctx); err != nil {
		return nil, err
	}
	pulumi := s.engine()
	return pulumi, pulumi.Ready(ctx)
}

// reportSettled is report of a run that the engine was not needed for.
func (s *session) reportSettled() error {
	outputs, _, err := s.stack.Outputs()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.progress, "Nothing has changed since the engine found nothing to do (--refresh looks at what stands)")
	s.report(engine.Outcome{Outputs: outputs}, false)
	return nil
}

// report says what stands now, and that nothing had to change for it if nothing was removed before either.
func (s *session) report(outcome engine.Outcome, removed bool) {
	if outcome.Unchanged() && !removed {
		fmt.Fprintf(s.stdout, "\nNo changes: stack %s is what its file says.\n", s.stack.Name)
	}
	fmt.Fprintln(s.stdout)
	writeSummary(s.stdout, s.stack.Name, s.kubectl(), outcome.Outputs)
}

// kubectl is how the user calls it: by its name if it is installed, else by the path of the one that came with the tools.
func (s *session) kubectl() string {
	const name = "kubectl"
	own := filepath.Join(s.stack.Bin(), name)
	if _, err := exec.LookPath(name); err != nil {
		if _, err := os.Stat(own); err == nil {
			return own
		}
	}
	return name
}
