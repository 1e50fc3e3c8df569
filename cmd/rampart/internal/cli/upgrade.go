package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/discovery"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/providers/kind"
)

// snapshotsName is the folder in the working folder where up puts snapshots of before an upgrade.
const snapshotsName = "snapshots"

// saveBeforeUpgrade saves a snapshot of a cluster whose Kubernetes version this run is about to change: what an upgrade has
// written cannot be read by the version of before. One that was taken by an earlier run, which did not come to its end, is the
// right one still, and there is no other.
func (s *session) saveBeforeUpgrade(ctx context.Context, pulumi *engine.Engine, want baseline.KubernetesVersion) error {
	have, err := s.versionInState(ctx, pulumi)
	if err != nil || have == "" || have == string(want) {
		return err
	}
	if baseline.CheckUpgrade(baseline.KubernetesVersion(have), want) != nil {
		return nil //nolint:nilerr // the plugin refuses, with all else that is wrong
	}
	cluster, err := s.locate(ctx, pulumi)
	if err != nil {
		return err
	}
	client, err := discovery.NewDiscoveryClientForConfig(cluster.admin)
	if err != nil {
		return err
	}
	serves, err := client.ServerVersion()
	if err != nil {
		return fmt.Errorf("an upgrade from %s to %s begins with a snapshot, and the API server cannot be asked: %w; nothing was "+
			"changed", have, want, err)
	}
	folder := filepath.Join(s.stack.Home, snapshotsName)
	if serves.GitVersion != have {
		// Other stacks keep theirs in the same folder.
		taken, err := fs.Glob(os.DirFS(folder), snapshotName(cluster.cluster.Text("name"), have, "*"))
		if err != nil {
			return err
		}
		if len(taken) == 0 {
			fmt.Fprintf(s.progress, "An upgrade from %s has begun without this command: there is no snapshot of before it\n", have)
			return nil
		}
		fmt.Fprintf(s.progress, "An upgrade from %s has begun before: the snapshot of then is %s\n", have,
			filepath.Join(folder, taken[len(taken)-1]))
		return nil
	}
	const folderMode = 0o700
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return fmt.Errorf("making the folder of snapshots: %w", err)
	}
	_, of, err := subjectOf(ctx, cluster)
	if err != nil {
		return err
	}
	file := filepath.Join(folder, snapshotName(of.Name, have, time.Now().UTC().Format("20060102T150405Z")))
	fmt.Fprintf(s.progress, "Upgrading from %s to %s: taking a snapshot first (docs/operations.md says how to go back)\n",
		have, want)
	return s.saveOf(ctx, cluster, of, file)
}

// snapshotName is that of the snapshot of a cluster at a version, at a moment. Sorted, the newest is the last.
func snapshotName(cluster, version, moment string) string {
	return fmt.Sprintf("%s-%s-%s.snapshot", cluster, version, moment)
}

// versionInState is what the state says of the cluster, or "" if there is none.
func (s *session) versionInState(ctx context.Context, pulumi *engine.Engine) (string, error) {
	const output = "kubernetesVersion"
	if s.stack.Backend.Ours {
		// Every run asks this, and asking the engine takes it a second.
		if text, found, err := s.stack.Output(kind.ClusterResourceToken, output); err != nil || found {
			return text, err
		}
	}
	resources, err := pulumi.Resources(ctx)
	if err != nil {
		return "", err
	}
	for _, resource := range resources {
		if resource.Type == kind.ClusterResourceToken {
			return resource.Text(output), nil
		}
	}
	return "", nil
}
