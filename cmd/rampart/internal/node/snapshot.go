package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Saved is a snapshot of etcd that stands on its node.
type Saved struct {
	Revision int64
	Objects  int
	Size     int64

	path string
}

// Names in etcd's data directory, which etcd, whoever it runs as, can write to.
const (
	savedName    = "rampart-save.db"
	preparedName = "rampart-restore"
)

// SaveSnapshot has etcd write a snapshot beside its data, and checks that it is whole. Call Remove.
func (e *Etcd) SaveSnapshot(ctx context.Context) (Saved, error) {
	saved := Saved{path: path.Join(e.data, savedName)}
	// One that a run that was killed has left.
	if err := e.removeFiles(ctx, savedName, savedName+".part"); err != nil {
		return saved, err
	}
	if _, err := e.ctl(ctx, "snapshot", "save", saved.path); err != nil {
		return saved, fmt.Errorf("saving a snapshot of etcd: %w", err)
	}
	text, err := e.utl(ctx, "snapshot", "status", saved.path, "--write-out=json")
	if err != nil {
		return saved, fmt.Errorf("checking the snapshot of etcd: %w", err)
	}
	var status struct {
		Revision int64 `json:"revision"`
	}
	if err := json.Unmarshal(text, &status); err != nil {
		return saved, fmt.Errorf("understanding etcd's answer: %w", err)
	}
	saved.Revision = status.Revision
	var counted struct {
		Count int `json:"count"`
	}
	text, err = e.ctl(ctx, "get", "/registry/", "--prefix", "--keys-only", "--limit=1", "--write-out=json",
		"--rev="+strconv.FormatInt(saved.Revision, 10))
	if err == nil {
		err = json.Unmarshal(text, &counted)
	}
	if err != nil {
		return saved, fmt.Errorf("counting what is in etcd: %w", err)
	}
	saved.Objects = counted.Count
	size, err := e.node.Run(ctx, "stat", "--format=%s", saved.path)
	if err != nil {
		return saved, err
	}
	saved.Size, err = strconv.ParseInt(strings.TrimSpace(string(size)), 10, 64)
	return saved, err
}

// CopySnapshot writes a saved snapshot to out.
func (e *Etcd) CopySnapshot(ctx context.Context, saved Saved, out io.Writer) error {
	return e.node.Stream(ctx, nil, out, "cat", saved.path)
}

// RemoveSnapshot removes a saved snapshot from the node.
func (e *Etcd) RemoveSnapshot(ctx context.Context) error { return e.removeFiles(ctx, savedName) }

func (e *Etcd) removeFiles(ctx context.Context, names ...string) error {
	command := []string{"rm", "-rf"}
	for _, name := range names {
		command = append(command, path.Join(e.data, name))
	}
	_, err := e.node.Run(ctx, command...)
	return err
}

// revisionMargin is for what is written between the question and the end of etcd: hours of work of a large cluster.
const revisionMargin = 1_000_000_000

// revisionBump is what the revisions of restored data are raised by, so that none goes backwards: whoever watches the cluster
// has seen those of now, and must be told to look again. A watch that is resumed at a revision that is still to come hears
// nothing and has no error, for as long as it takes to get there. The snapshot's own revision says little: a cluster that was
// restored before is ahead of it by what that restore had added.
func revisionBump(now, ofSnapshot int64) int64 {
	return max(now-ofSnapshot, 0) + revisionMargin
}

// Prepare makes a data directory of a snapshot of a revision, beside the one that etcd works on. etcd checks the snapshot's own
// hash.
func (e *Etcd) Prepare(ctx context.Context, snapshot io.Reader, revision int64) error {
	if err := e.removeFiles(ctx, preparedName); err != nil {
		return err
	}
	folder := path.Join(e.data, preparedName)
	file := path.Join(folder, "snapshot.db")
	// What etcd is to read and write has to be its own.
	err := e.node.Stream(ctx, snapshot, io.Discard, "sh", "-euc",
		`mkdir -m 700 "$1" && umask 077 && cat >"$2" && chown -R --reference="$3" "$1"`, "sh", folder, file, e.data)
	if err != nil {
		return fmt.Errorf("bringing the snapshot to the node: %w", err)
	}
	now, err := e.revision(ctx)
	if err != nil {
		return fmt.Errorf("asking etcd for its revision: %w", err)
	}
	_, err = e.utl(ctx, "snapshot", "restore", file, "--data-dir="+path.Join(folder, "data"),
		"--name="+e.flags["name"], "--initial-cluster="+e.flags["initial-cluster"],
		"--initial-advertise-peer-urls="+e.flags["initial-advertise-peer-urls"],
		"--bump-revision="+strconv.FormatInt(revisionBump(now, revision), 10), "--mark-compacted")
	if err != nil {
		return fmt.Errorf("making a data directory of the snapshot: %w", err)
	}
	return nil
}

// RemovePrepared removes what Prepare has made.
func (e *Etcd) RemovePrepared(ctx context.Context) error { return e.removeFiles(ctx, preparedName) }
