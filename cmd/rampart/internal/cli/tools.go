package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newTools(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "tools",
		Short: "Find or build what a run needs, and start nothing",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			if err := s.equip(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintf(s.stdout, "Everything that a run needs is in %s\n", s.stack.Home)
			return nil
		},
	}
}
