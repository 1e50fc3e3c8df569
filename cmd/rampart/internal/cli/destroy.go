package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/process"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/toolchain"
	"github.com/rampart-iac/rampart/stacks"
)

func newDestroy(shared *flags) *cobra.Command {
	var keepKey, unprotect, anyState bool
	command := &cobra.Command{
		Use:   "destroy",
		Short: "Remove the stack: cluster, networks, files and state",
		Long: `Removes the stack: cluster, networks, files and state.

The tools and what was built are kept, and the node image in the container engine, so that the next up is quick: "rampart
prune" removes node images that no cluster uses. A stack that is protected (ephemeral: false) has to be made ephemeral first, by
its file and up.

With --keep-key the cluster goes and the stack stays, with the key that Secrets are encrypted with: the next up makes another
cluster, and a snapshot of this one can be restored into it. The key stays protected if it was.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			switch {
			case keepKey:
				return s.destroyCluster(cmd.Context(), unprotect)
			case unprotect:
				return errors.New("--unprotect goes with --keep-key: a whole stack that is protected is made ephemeral by its file " +
					"(ephemeral: true) and up, and then destroyed")
			}
			return s.destroy(cmd.Context(), anyState)
		},
	}
	command.Flags().BoolVar(&keepKey, "keep-key", false, "remove the cluster only, so that another one can take a snapshot of it")
	command.Flags().BoolVar(&unprotect, "unprotect", false, "with --keep-key: also if the cluster is protected")
	command.Flags().BoolVar(&anyState, "any-state", false,
		"also remove the stack's cluster on this machine if it was made with the state of another Pulumi backend, which is lost")
	return command
}

// destroyCluster removes the cluster and what is in it. The stack stays, and the encryption key in it.
func (s *session) destroyCluster(ctx context.Context, unprotect bool) error {
	cluster, err := s.ofState(ctx)
	if err != nil {
		return err
	}
	if cluster.cluster.Protect {
		if !unprotect {
			return fmt.Errorf("cluster %s is protected (ephemeral: false), and nothing was removed: add --unprotect if it may go with "+
				"all that is in it", cluster.cluster.Text("name"))
		}
		if err := cluster.pulumi.Unprotect(ctx, cluster.cluster.URN); err != nil {
			return err
		}
	}
	if err := s.unwritten(cluster.pulumi).DestroyAllBut(ctx, cluster.key.URN); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "\nCluster %s is gone. Stack %s keeps its encryption key: up makes another cluster, and \"snapshot "+
		"restore --force\" brings a snapshot of this one into it (docs/operations.md).\n", cluster.cluster.Text("name"), s.stack.Name)
	return nil
}

func (s *session) destroy(ctx context.Context, anyState bool) error {
	clusters, err := s.ownClusters()
	if err != nil {
		return err
	}
	ours := s.stack.Backend.Ours
	remains, err := s.stack.Remains(clusters...)
	if err != nil {
		return err
	}
	if ours && !s.stack.Exists() && len(remains) == 0 {
		fmt.Fprintf(s.stdout, "Nothing to destroy: there is no stack %s.\n", s.stack.Name)
		return nil
	}
	if err := s.equip(ctx); err != nil {
		return err
	}
	if !ours || s.stack.Exists() {
		pulumi := s.engine()
		if err := pulumi.Ready(ctx); err != nil {
			return err
		}
		if err := s.unwritten(pulumi).Destroy(ctx, s.cloud()); err != nil {
			return err
		}
	}
	if !anyState {
		if err := s.checkState(clusters); err != nil {
			return err
		}
	}
	if err := s.removeRemains(ctx, clusters); err != nil {
		return err
	}
	s.stack.RemoveEmpty()
	s.sayGone()
	return nil
}

// unwritten is an engine that writes the state at the end only, if it is one of ours of a cluster on this machine: what is in the
// cluster goes with it, and whether that is gone can be told without the state (docs/decisions/0034-many-tenants-at-once.md).
func (s *session) unwritten(pulumi *engine.Engine) *engine.Engine {
	if !s.stack.Backend.Ours || s.cloud() {
		return pulumi
	}
	return pulumi.With(engine.WithoutCheckpoints)
}

// checkState fails if a cluster that the engine has left was made with the state of another backend: it is no remainder, and may
// be protected there.
func (s *session) checkState(clusters []string) error {
	var faults []error
	for _, cluster := range clusters {
		found := stacks.FindCluster(s.stack.Home, cluster)
		if found.State != "" && found.State != s.stack.Backend.Place {
			backend := s.stack.Backend
			faults = append(faults, fmt.Errorf("cluster %s stays: it was made with the state in %s, and this is the state in %s (%s). "+
				"Run destroy with that one, or add --any-state if it is lost", cluster, found.State, backend.Place, backend.Reason))
		}
	}
	return errors.Join(faults...)
}

// removeRemains removes what the state knows nothing of: clusters that are left, and files.
func (s *session) removeRemains(ctx context.Context, clusters []string) error {
	for _, cluster := range clusters {
		if err := s.removeCluster(ctx, cluster); err != nil {
			return err
		}
	}
	remains, err := s.stack.Remains(clusters...)
	if err != nil {
		return err
	}
	for _, path := range remains {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing what is left of stack %s: %w", s.stack.Name, err)
		}
	}
	return nil
}

// sayGone says what is gone, and what is kept on purpose.
func (s *session) sayGone() {
	fmt.Fprintf(s.stdout, "\nStack %s is gone: its cluster, network, files and state. Tools and builds are kept in %s.\n",
		s.stack.Name, s.stack.Bin())
	if results, err := s.stack.KeptResults(); err == nil && len(results) > 0 {
		fmt.Fprintf(s.stdout, "What verify found is kept in %s.\n", s.stack.Results())
	}
}

// ownClusters are the clusters whose files are the stack's: whatever was made for it, and the one that its file names, unless
// that is another stack's. Two files may name the same cluster, one as the copy of the other.
func (s *session) ownClusters() ([]string, error) {
	names, err := stacks.ClustersOf(s.stack.Home, s.stack.Name)
	name := s.clusterName()
	if err != nil || name == "" || slices.Contains(names, name) {
		return names, err
	}
	if owner := stacks.FindCluster(s.stack.Home, name).Stack; owner != "" {
		fmt.Fprintf(s.progress, "Cluster %s is stack %s's, and stays\n", name, owner)
		return names, nil
	}
	return append(names, name), nil
}

// removeCluster removes a cluster that the state knows nothing of: a create that was killed leaves nodes, and a journal
// that says so, but no result. The plugin removes only what the journal shows to be ours.
func (s *session) removeCluster(ctx context.Context, cluster string) error {
	directory := stacks.ClusterDirectory(s.stack.Home, cluster)
	if _, err := os.Stat(filepath.Join(directory, "journal.json")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	fmt.Fprintf(s.progress, "Removing what an interrupted run has left of cluster %s\n", cluster)
	removed, err := process.Output(ctx, process.Command{
		Path: s.stack.Built(toolchain.Plugin), Args: []string{"remove-remains", directory}, Env: s.environment(),
	})
	if err != nil {
		return fmt.Errorf("removing what is left of cluster %s: %w", cluster, err)
	}
	if name := strings.TrimSpace(string(removed)); name != "" {
		fmt.Fprintf(s.progress, "Removed cluster %s\n", name)
	}
	return nil
}
