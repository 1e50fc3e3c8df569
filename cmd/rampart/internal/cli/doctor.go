package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/doctor"
	"github.com/rampart-iac/rampart/stacks"
)

func newDoctor(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would keep a run from working, and say how to mend it",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			config, err := s.configuration()
			if err != nil {
				fmt.Fprintf(s.stdout, "bad   configuration: %v\n", err)
				config = stacks.Default()
			} else {
				fmt.Fprintf(s.stdout, "good  configuration: %s\n", s.stack.File)
			}
			healthy := err == nil
			for _, finding := range doctor.Examine(cmd.Context(), s.stack.Workspace, config) {
				fmt.Fprintln(s.stdout, finding)
				healthy = healthy && finding.Good
			}
			if !healthy {
				return errors.New("something is missing, see the lines that start with \"bad\"")
			}
			return nil
		},
	}
}
