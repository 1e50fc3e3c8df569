package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/progress"
)

func newDrift(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "drift",
		Short: "Show what in the cluster is not what the stack says",
		Long: `Looks at every object that the stack has made and shows which are missing or changed. Exit status 1 says that there are
any. Nothing is changed: "rampart up --refresh" repairs.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.drift(cmd.Context())
		},
	}
}

func (s *session) drift(ctx context.Context) error {
	if _, err := s.configuration(); err != nil {
		return err
	}
	cluster, err := s.standing(ctx)
	if err != nil {
		return err
	}
	end := progress.New(s.progress).Begin("Comparing what stands with what the stack says")
	found, err := cluster.pulumi.Drift(ctx)
	end("", err)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		fmt.Fprintf(s.stdout, "\nNo drift: everything is what stack %s says.\n", s.stack.Name)
		return nil
	}
	fmt.Fprintln(s.stdout)
	if err := writeDrift(s.stdout, found); err != nil {
		return err
	}
	return fmt.Errorf("%d %s not what stack %s says: \"rampart up --refresh\" repairs", len(found),
		map[bool]string{true: "object is", false: "objects are"}[len(found) == 1], s.stack.Name)
}

func writeDrift(out io.Writer, found []engine.Difference) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OBJECT\tKIND\tDRIFT")
	for _, each := range found {
		drift := map[string]string{"create": "missing", "delete": "not in the stack file any more"}[each.What]
		if drift == "" {
			drift = "changed: " + strings.Join(each.Properties, ", ")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", each.Name, each.Type[strings.LastIndex(each.Type, ":")+1:], drift)
	}
	return table.Flush()
}
