package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/certificates"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/progress"
)

func newCertificates(shared *flags) *cobra.Command {
	command := &cobra.Command{
		Use:   "certificates",
		Short: "Show when the cluster's certificates end",
		Long: `Shows every certificate on the cluster's nodes, those that end first at the top, and warns of those that end within 30
days. Kubelets renew theirs by themselves.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.listCertificates(cmd.Context())
		},
	}
	command.AddCommand(&cobra.Command{
		Use:   "renew",
		Short: "Renew the certificates of the control plane and of the kubelets",
		Long: `Renews the certificates of the control plane and the client certificates of the kubelets, for a year.

The parts of the control plane are restarted one by one: the API server does not answer for some seconds, pods run on. The
certificate authorities stay, so that what was issued before is good until its own end. The cluster's kubeconfig and the
state get the new administrator's certificate.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.renewCertificates(cmd.Context())
		},
	})
	return command
}

func (s *session) listCertificates(ctx context.Context) error {
	cluster, err := s.standing(ctx)
	if err != nil {
		return err
	}
	found, err := certificates.List(ctx, cluster.nodes)
	if err != nil {
		return err
	}
	return writeCertificates(s.stdout, found, time.Now())
}

func (s *session) renewCertificates(ctx context.Context) error {
	cluster, err := s.standing(ctx)
	if err != nil {
		return err
	}
	report := progress.New(s.progress)
	if err := certificates.Renew(ctx, cluster.nodes, report); err != nil {
		return fmt.Errorf("%w\nwhat was issued before is still good: run certificates renew again", err)
	}
	end := report.Begin("Taking the new kubeconfig into the state")
	err = cluster.pulumi.Refresh(ctx, []string{cluster.cluster.URN, cluster.provider.URN})
	end("", err)
	if err != nil {
		return err
	}
	found, err := certificates.List(ctx, cluster.nodes)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.stdout)
	return writeCertificates(s.stdout, found, time.Now())
}

// errEndsSoon is told when a certificate does.
var errEndsSoon = errors.New(`certificates end within 30 days: "rampart certificates renew" renews them`)

func writeCertificates(out io.Writer, found []certificates.Certificate, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ENDS\tIN\tNODE\tFILE\tOF\t")
	soon := false
	for _, each := range found {
		note := ""
		switch {
		case each.EndsSoon(now):
			soon, note = true, "SOON"
			if each.Expires.Before(now) {
				note = "ENDED"
			}
		case each.Authority:
			note = "authority"
		}
		const day = 24 * time.Hour
		fmt.Fprintf(table, "%s\t%d days\t%s\t%s\t%s\t%s\n", each.Expires.UTC().Format(time.DateOnly),
			each.Expires.Sub(now)/day, each.Node, each.Path, each.Subject, note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if soon {
		return errEndsSoon
	}
	return nil
}
