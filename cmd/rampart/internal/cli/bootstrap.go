package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/workspace"
	"github.com/rampart-iac/rampart/stacks"
)

func newBootstrap(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "bootstrap",
		Short: "Make the place that the state of a stack in a cloud is kept in, and the key of its secrets",
		Long: `Makes, in the account of a stack in a cloud, the bucket or container that its state is kept in, with versions, encrypted
and without public access, and the key that encrypts the secrets in it, which the deployer alone may use. Run it once for each
stack, as an administrator of the account, before the first up. It prints what to set then.

It is a Pulumi stack of its own, <stack>-bootstrap, whose state is in the working folder of this clone: what is to hold the state
of everything else cannot hold its own. All it makes is protected, and running it again changes nothing.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.bootstrap(cmd.Context())
		},
	}
}

func (s *session) bootstrap(ctx context.Context) error {
	config, err := s.configuration()
	if err != nil {
		return err
	}
	if _, err := config.StateArgs(); err != nil {
		return err
	}
	stack := s.stack.Name
	s.stack.Name = stack + "-bootstrap"
	s.stack.Backend = workspace.Backend{Ours: true, Reason: "it is there before any other"}
	if err := s.equip(ctx); err != nil {
		return err
	}
	pulumi := s.engine()
	pulumi.Environment = append(pulumi.Environment, stacks.ProgramVariable+"="+stacks.ProgramBootstrap)
	if err := pulumi.Ready(ctx); err != nil {
		return err
	}
	if err := pulumi.Up(ctx, false); err != nil {
		return err
	}
	outcome, err := pulumi.Outcome(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "\nThe state of stack %s has a place. As its deployer:\n\n"+
		"export PULUMI_BACKEND_URL=%s\npulumi stack init %s --secrets-provider %s\n",
		stack, quote(fmt.Sprint(outcome.Outputs[stacks.OutputBackend])), stack,
		quote(fmt.Sprint(outcome.Outputs[stacks.OutputSecretsProvider])))
	return nil
}
