package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/authority"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/leadership"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/node"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/progress"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/snapshot"
)

func newSnapshot(shared *flags) *cobra.Command {
	command := &cobra.Command{
		Use:   "snapshot",
		Short: "Save what is in the cluster's etcd, and restore it",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	save := &cobra.Command{
		Use:   "save FILE",
		Short: "Save all objects of the cluster to a new file",
		Long: `Saves all objects of the cluster to a new file, 0600, while the cluster works.

Secret objects are in it as they are in etcd: encrypted. To restore them takes the key that they are encrypted with, which
is in the stack's state and not in the file. Everything else is in it in plain text. "tar --extract" and "sha256sum --check
SHA256SUMS" show that it is whole.`,
		Args: oneFile("to write to, which must not be there yet"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.saveSnapshot(cmd.Context(), args[0])
		},
	}
	force := false
	restore := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the cluster's objects those of a snapshot",
		Long: `Makes the cluster's objects those of a snapshot. What was made since is gone.

The file is checked first, and so is that the stack's state has the keys that its Secrets are encrypted with. The control
plane is stopped for about a minute; pods run on. The data of before is kept until the API server answers, and is put back
if it does not. That happens on the node, and comes to its end if this command is interrupted.`,
		Args: oneFile("written by snapshot save"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.restoreSnapshot(cmd.Context(), args[0], force)
		},
	}
	restore.Flags().BoolVar(&force, "force", false, "restore a snapshot of another cluster")
	command.AddCommand(save, restore)
	return command
}

// what a snapshot is of, or is to be restored into.
func (s *session) subject(ctx context.Context) (*standing, snapshot.Cluster, error) {
	cluster, err := s.standing(ctx)
	if err != nil {
		return nil, snapshot.Cluster{}, err
	}
	return subjectOf(ctx, cluster)
}

func subjectOf(ctx context.Context, cluster *standing) (*standing, snapshot.Cluster, error) {
	if count := len(cluster.controlPlane()); count > 1 {
		return nil, snapshot.Cluster{}, fmt.Errorf("the cluster has %d members of etcd: snapshots are of clusters with one", count)
	}
	config, err := stateKeys{cluster}.Configuration(ctx)
	if err != nil {
		return nil, snapshot.Cluster{}, err
	}
	return cluster, snapshot.Cluster{
		Name: cluster.cluster.Text("name"), ID: cluster.cluster.Text("clusterId"),
		KubernetesVersion: cluster.cluster.Text("kubernetesVersion"), Keys: config.Fingerprints,
	}, nil
}

func (s *session) saveSnapshot(ctx context.Context, file string) error {
	if err := snapshot.IsFree(file); err != nil {
		return err
	}
	cluster, of, err := s.subject(ctx)
	if err != nil {
		return err
	}
	return s.saveOf(ctx, cluster, of, file)
}

// saveOf saves a cluster that was found.
func (s *session) saveOf(ctx context.Context, cluster *standing, of snapshot.Cluster, file string) (err error) {
	etcd, err := cluster.controlPlane()[0].Etcd(ctx)
	if err != nil {
		return err
	}
	report := progress.New(s.progress)
	end := report.Begin("Having etcd write a snapshot")
	saved, err := etcd.SaveSnapshot(ctx)
	end("", err)
	defer func() { err = errors.Join(err, etcd.RemoveSnapshot(context.WithoutCancel(ctx))) }()
	if err != nil {
		return err
	}
	description := snapshot.Description{
		Cluster: of.Name, ClusterID: of.ID, KubernetesVersion: of.KubernetesVersion, Taken: time.Now().UTC().Truncate(time.Second),
		Revision: saved.Revision, Objects: saved.Objects, Keys: of.Keys,
	}
	end = report.Begin("Copying it to " + file)
	err = snapshot.Save(file, description, saved.Size, func(out io.Writer) error { return etcd.CopySnapshot(ctx, saved, out) })
	end("", err)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "\n%d objects of cluster %s are in %s (%.1f MiB, 0600).\n", saved.Objects, of.Name, file,
		float64(saved.Size)/(1<<20))
	fmt.Fprintf(s.stdout, "Secrets in it are encrypted with %s, which is in the stack's state only: keep both.\n",
		strings.Join(slices.Sorted(maps.Keys(of.Keys)), " and "))
	return nil
}

func (s *session) restoreSnapshot(ctx context.Context, file string, force bool) error {
	report := progress.New(s.progress)
	end := report.Begin("Checking " + file)
	found, err := snapshot.Open(file)
	end("", err)
	if err != nil {
		return err
	}
	cluster, into, err := s.subject(ctx)
	if err != nil {
		return err
	}
	if err := found.Refusal(into, force); err != nil {
		return err
	}
	on := cluster.controlPlane()[0]
	phases := &phases{report: report}
	recovered, err := on.Recover(ctx, phases.next)
	phases.end(err)
	if err != nil {
		return err
	}
	if recovered {
		fmt.Fprintln(s.progress, "An earlier restore was interrupted; it has ended now")
	}
	// What kubelets have reported before goes with the data that is replaced.
	began := time.Now()
	if err := s.replaceData(ctx, on, found, phases); err != nil {
		return err
	}
	client, err := clientOf(cluster)
	if err != nil {
		return err
	}
	if err := s.takeOver(ctx, client, leadership.Anybody, began); err != nil {
		return err
	}
	if found.ClusterID != into.ID {
		if err := s.adopt(ctx, client, cluster, began, report); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.stdout, "\nCluster %s has the %d objects of %s again.\n", into.Name, found.Objects,
		found.Taken.Format(time.RFC1123))
	fmt.Fprintln(s.stdout, `If the stack's file has changed since, run up. "rampart drift" shows what differs from the state.`)
	return nil
}

func (s *session) replaceData(ctx context.Context, on node.Node, found *snapshot.Snapshot, phases *phases) (err error) {
	etcd, err := on.Etcd(ctx)
	if err != nil {
		return err
	}
	end := phases.report.Begin("Making a data directory of the snapshot")
	err = found.Database(func(in io.Reader) error { return etcd.Prepare(ctx, in, found.Revision) })
	end("", err)
	if err == nil {
		err = etcd.Replace(ctx, phases.next)
		phases.end(err)
	}
	if ctx.Err() != nil {
		// The node may be at work with it.
		return err
	}
	return errors.Join(err, etcd.RemovePrepared(ctx))
}

// clientOf asks a cluster whatever its administrator may, as fast as adopt writes.
func clientOf(cluster *standing) (kubernetes.Interface, error) {
	config := rest.CopyConfig(cluster.admin)
	config.QPS, config.Burst = adoptRate, adoptRate
	return kubernetes.NewForConfig(config)
}

// adopt makes what was restored from another cluster's snapshot know the authority of this one, and has its pods started anew.
func (s *session) adopt(
	ctx context.Context, client kubernetes.Interface, cluster *standing, began time.Time, report *progress.Reporter,
) error {
	end := report.Begin("Publishing this cluster's authority in place of the other's")
	count, err := authority.Publish(ctx, client, cluster.admin.CAData)
	end(fmt.Sprintf("in %d namespaces", count), err)
	if err != nil {
		return fmt.Errorf("%w: restore the snapshot again", err)
	}
	if err := s.awaitNodes(ctx, client, cluster, began, report); err != nil {
		return fmt.Errorf("%w: restore the snapshot again", err)
	}
	end = report.Begin("Having pods made anew, which ran on other nodes")
	count, left, err := authority.Restart(ctx, client)
	end(fmt.Sprintf("%d pods", count), err)
	if err != nil {
		return fmt.Errorf("%w: restore the snapshot again", err)
	}
	if len(left) > 0 {
		fmt.Fprintf(s.progress, "Nothing makes these pods anew, and they may know the other cluster's authority only: %s\n",
			strings.Join(left, ", "))
	}
	return nil
}

// awaitNodes waits for the cluster's own nodes to say who they are: the snapshot knows others by their names.
func (s *session) awaitNodes(
	ctx context.Context, client kubernetes.Interface, cluster *standing, since time.Time, report *progress.Reporter,
) error {
	names := make([]string, 0, len(cluster.nodes))
	for _, each := range cluster.nodes {
		names = append(names, each.Name)
	}
	end := report.Begin("Waiting for the nodes to report, of which the snapshot knows others by their names")
	silent, err := authority.AwaitNodes(ctx, client, names, since, nodesPatience)
	end("", err)
	if len(silent) > 0 && err == nil {
		fmt.Fprintf(s.progress, "These nodes have not reported within %s: %s\n", nodesPatience, strings.Join(silent, ", "))
	}
	return err
}

// nodesPatience is how long nodes may take to report. Kubelets try every ten seconds, and need a connection first.
const nodesPatience = 2 * time.Minute

// adoptRate is how many objects a second are written. There is nobody else yet who asks for anything.
const adoptRate = 50

// phases reports things of which each ends when the next begins.
type phases struct {
	report *progress.Reporter
	last   func(string, error)
}

func (p *phases) next(what string) {
	p.end(nil)
	p.last = p.report.Begin(what)
}

func (p *phases) end(err error) {
	if p.last != nil {
		p.last("", err)
		p.last = nil
	}
}
