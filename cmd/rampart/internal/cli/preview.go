package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newPreview(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "preview",
		Short: "Show what up would change, and change nothing",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			config, err := s.configuration()
			if err != nil {
				return err
			}
			if err := s.checkMachine(cmd.Context(), config); err != nil {
				return err
			}
			if err := s.equip(cmd.Context()); err != nil {
				return err
			}
			pulumi := s.engine()
			if err := pulumi.Ready(cmd.Context()); err != nil {
				return err
			}
			changes, err := pulumi.Preview(cmd.Context())
			if err != nil {
				return err
			}
			if !changes {
				fmt.Fprintf(s.stdout, "\nNo changes: stack %s is what its file says.\n", s.stack.Name)
			}
			return nil
		},
	}
}
