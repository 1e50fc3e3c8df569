package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func newEnv(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "env",
		Short: `Print what a "pulumi up" by hand has to be run with`,
		Long: `Prints the environment that up runs the Pulumi CLI in, for a shell:

    eval "$(bin/rampart env)"
    pulumi up

Run it again after a change of the stack file: Pulumi reads a copy, so that its salt does not get into the repository.
"pulumi" is a function then, which keeps the temporary files of plugins in the working folder and removes them: a cluster's
kubeconfig is among them.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			if err := s.stack.Create(); err != nil {
				return err
			}
			if err := s.stack.Prepare(); err != nil {
				return err
			}
			pulumi := s.engine()
			if s.stack.Backend.Ours && !s.stack.Exists() && pulumi.Installed() {
				if err := pulumi.Init(cmd.Context()); err != nil {
					return err
				}
			}
			for _, variable := range s.stack.Variables(os.LookupEnv) {
				fmt.Fprintf(s.stdout, "export %s=%s\n", variable.Name, quote(variable.Value))
			}
			fmt.Fprintf(s.stdout, pulumiFunction, quote(s.stack.TemporaryFolder()))
			if !pulumi.Installed() {
				fmt.Fprintln(s.progress, `rampart: the Pulumi CLI is not there yet: run "make tools" once, and this again`)
			}
			return nil
		},
	}
}

// pulumiFunction has a shell call the CLI as package engine does: what plugins leave among their temporary files is nobody
// else's to read, and gone afterwards. It is one line, for who forgets the quotes around "$(rampart env)". Ctrl-C is for the CLI
// alone, which ends in order.
const pulumiFunction = `pulumi() ( ` +
	`folder=%s; mkdir -p -m 700 "$folder" && TMPDIR=$(mktemp -d "$folder/$$-XXXXXX") && export TMPDIR || exit; ` +
	`trap : INT TERM; trap 'rm -rf "$TMPDIR"; rmdir "$folder" 2>/dev/null || :' EXIT; command pulumi "$@" )
`

// quote makes one word of a POSIX shell.
func quote(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
