package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/verify"
)

// noArguments wants none, and says what a word alone was most likely meant to be.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 || cmd.HasSubCommands() {
		return cobra.NoArgs(cmd, args)
	}
	return fmt.Errorf("%q: %s takes no arguments; a stack is named by --stack %s", args[0], cmd.CommandPath(), args[0])
}

// oneFile wants the path of one file and nothing else, and says what it is for.
func oneFile(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 && args[0] != "" {
			return nil
		}
		return fmt.Errorf("%q: name one file, %s: %s FILE", strings.Join(args, " "), what, cmd.CommandPath())
	}
}

// notRun gives a command whose exit status is a verdict another one for arguments that it does not understand: 1 would say
// that something was looked at, and is not good enough.
func notRun(command *cobra.Command) *cobra.Command {
	check := command.Args
	command.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &exitError{verify.ExitNotRun, err}
		}
		return nil
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{verify.ExitNotRun, err} })
	return command
}
