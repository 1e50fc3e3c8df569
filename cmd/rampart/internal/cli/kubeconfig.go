package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newKubeconfig(shared *flags) *cobra.Command {
	raw := false
	question := personaQuestion{}
	command := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print where the cluster's kubeconfig is, or make a short-lived one for a persona",
		Long: `Prints the path of the cluster's kubeconfig: export KUBECONFIG="$(bin/rampart kubeconfig)".

That one is the administrator's. With --as it makes another one, for a persona (docs/access.md says what each may do) and
for an hour, with a client certificate that the cluster signs:

    export KUBECONFIG="$(bin/rampart kubeconfig --as viewer)"
    export KUBECONFIG="$(bin/rampart kubeconfig --as developer --tenant blue --for 8h)"

It stands in the cluster's own folder, for you alone. Your own kubeconfig is never read or written.

Of a stack in a cloud it is the one among the stack's outputs, which holds no credential: who uses it logs in with the
cloud's own program.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if question.persona == "" && question != (personaQuestion{}) {
				return errors.New("--tenant, --for and --user say who --as is for: add --as")
			}
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			get := s.adminKubeconfig
			if question.persona != "" {
				get = func(ctx context.Context) (string, []byte, error) { return s.personaKubeconfig(ctx, question) }
			}
			path, content, err := get(cmd.Context())
			if err != nil {
				return err
			}
			if raw {
				_, err = s.stdout.Write(content)
				return err
			}
			_, err = fmt.Fprintln(s.stdout, path)
			return err
		},
	}
	flags := command.Flags()
	flags.BoolVar(&raw, "raw", false, "print the kubeconfig itself, which is a secret")
	flags.StringVar(&question.persona, "as", "",
		"make one for a persona: viewer, operator, auditor or break-glass, or with --tenant viewer, developer or operator")
	flags.StringVar(&question.tenant, "tenant", "", "the tenant that the persona works in")
	flags.DurationVar(&question.lifetime, "for", 0, "how long it lasts, 10m to 8h (default 1h)")
	flags.StringVar(&question.user, "user", "", "who uses it, for the audit log (default: you)")
	return command
}
