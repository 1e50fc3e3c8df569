package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/stacks"
)

func newKubeconfig(shared *flags) *cobra.Command {
	raw := false
	command := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print where the cluster's kubeconfig is",
		Long: `Prints the path of the cluster's kubeconfig: export KUBECONFIG="$(bin/rampart kubeconfig)".

Your own kubeconfig is never read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.kubeconfig(raw)
		},
	}
	command.Flags().BoolVar(&raw, "raw", false, "print the kubeconfig itself, which is a secret")
	return command
}

func (s *session) kubeconfig(raw bool) error {
	cluster := s.clusterName()
	path := filepath.Join(stacks.ClusterDirectory(s.stack.Home, cluster), stacks.KubeconfigName)
	content, err := os.ReadFile(path)
	if cluster == "" || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("stack %s has no cluster on this machine: run \"make up%s\" first",
			s.stack.Name, stackArgument(s.stack.Name))
	}
	if err != nil {
		return fmt.Errorf("reading the kubeconfig of cluster %s: %w", cluster, err)
	}
	if raw {
		_, err = s.stdout.Write(content)
		return err
	}
	_, err = fmt.Fprintln(s.stdout, path)
	return err
}
