package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// oneFile wants the path of one file and nothing else, and says what it is for.
func oneFile(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 && args[0] != "" {
			return nil
		}
		return fmt.Errorf("%q: name one file, %s: %s FILE", strings.Join(args, " "), what, cmd.CommandPath())
	}
}
