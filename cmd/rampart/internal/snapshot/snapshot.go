// Package snapshot is the file that a cluster's etcd is saved in: a tar archive of etcd's own snapshot, a description of
// where it is from, and the checksums of both, which "sha256sum --check" understands.
package snapshot

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names in the archive, in their order.
const (
	descriptionName = "snapshot.json"
	databaseName    = "etcd.db"
	sumsName        = "SHA256SUMS"
)

const (
	// format is the version of the description that this program writes and reads.
	format = 1

	fileMode = 0o600

	// mostDescription bounds what is read into memory of a file that may be anything.
	mostDescription = 1 << 20
)

// Description says what a snapshot is of. Nothing in it is secret.
type Description struct {
	Format int `json:"format"`

	// Cluster is the cluster's name; ClusterID tells its life from that of others of that name.
	Cluster   string `json:"cluster"`
	ClusterID string `json:"clusterId"`

	KubernetesVersion string    `json:"kubernetesVersion"`
	Taken             time.Time `json:"taken"`

	// Revision is etcd's, and Objects how many objects of Kubernetes there were.
	Revision int64 `json:"revision"`
	Objects  int   `json:"objects"`

	// Keys are fingerprints, by name, of the keys that what is encrypted in it needs.
	Keys map[string]string `json:"keys"`
}

// Save writes a snapshot to a new file, 0600. database writes etcd's own snapshot, of the given size in bytes. Half a
// snapshot is never left under the file's name.
func Save(path string, description Description, size int64, database func(io.Writer) error) (err error) {
	if err := IsFree(path); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("making the snapshot's file: %w", err)
	}
	// After the rename there is nothing left to remove.
	defer func() { _ = os.Remove(file.Name()) }()
	err = errors.Join(write(file, description, size, database), file.Sync(), file.Close())
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	// Unlike a rename, a link does not replace what somebody else has put there meanwhile.
	if err := os.Link(file.Name(), path); err != nil {
		return fmt.Errorf("naming the snapshot: %w", err)
	}
	return nil
}

// IsFree says whether a snapshot can be saved under a name: nothing is overwritten.
func IsFree(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already: name a file that is not, or remove it", path)
	}
	return nil
}

func write(out io.Writer, description Description, size int64, database func(io.Writer) error) error {
	description.Format = format
	text, err := json.MarshalIndent(description, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	archive := tar.NewWriter(out)
	sums := ""
	add := func(name string, size int64, content func(io.Writer) error) error {
		header := &tar.Header{Name: name, Mode: fileMode, Size: size, ModTime: description.Taken, Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		sum := sha256.New()
		if err := content(io.MultiWriter(archive, sum)); err != nil {
			return err
		}
		sums += sumLine(sum, name)
		return nil
	}
	if err := add(descriptionName, int64(len(text)), writes(text)); err != nil {
		return err
	}
	if err := add(databaseName, size, database); err != nil {
		return err
	}
	listed := []byte(sums)
	if err := add(sumsName, int64(len(listed)), writes(listed)); err != nil {
		return err
	}
	return archive.Close()
}

func writes(content []byte) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := out.Write(content)
		return err
	}
}

func sumLine(sum hash.Hash, name string) string { return fmt.Sprintf("%x  %s\n", sum.Sum(nil), name) }

// Snapshot is a snapshot that was found to be whole.
type Snapshot struct {
	Description

	// Size is that of etcd's own snapshot, in bytes.
	Size int64

	path string
}

// Open reads a snapshot from its beginning to its end and checks that it is what was written.
func Open(path string) (*Snapshot, error) {
	found := &Snapshot{path: path}
	err := found.walk(func(size int64, database io.Reader) error {
		found.Size = size
		_, err := io.Copy(io.Discard, database)
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("snapshot %s: there is no such file", path)
	case err != nil:
		return nil, fmt.Errorf("snapshot %s: %w: it is damaged, or not a snapshot of ours", path, err)
	case found.Format != format:
		return nil, fmt.Errorf("snapshot %s: its format is %d, and this program reads %d: use the version that wrote it",
			path, found.Format, format)
	}
	return found, nil
}

// Database hands etcd's own snapshot to a function. What it has read is checked again at its end: the file may have changed
// since it was opened.
func (s *Snapshot) Database(use func(io.Reader) error) error {
	again := &Snapshot{path: s.path}
	return again.walk(func(_ int64, database io.Reader) error { return use(database) })
}

// walk reads the archive, lets use read the database, and compares the checksums.
func (s *Snapshot) walk(use func(size int64, database io.Reader) error) error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	archive := tar.NewReader(file)
	sums := ""
	for _, name := range []string{descriptionName, databaseName} {
		header, err := next(archive, name)
		if err != nil {
			return err
		}
		sum := sha256.New()
		content := io.TeeReader(archive, sum)
		if name == databaseName {
			err = use(header.Size, content)
		} else {
			err = s.describe(content)
		}
		if err != nil {
			return err
		}
		sums += sumLine(sum, name)
	}
	if _, err := next(archive, sumsName); err != nil {
		return err
	}
	listed, err := io.ReadAll(io.LimitReader(archive, mostDescription))
	if err != nil {
		return err
	}
	if string(listed) != sums {
		return errors.New("its checksums are not those of its content")
	}
	return nil
}

func (s *Snapshot) describe(content io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(content, mostDescription))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &s.Description)
}

func next(archive *tar.Reader, name string) (*tar.Header, error) {
	header, err := archive.Next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it ends before " + name)
	}
	if err != nil {
		return nil, err
	}
	if header.Name != name {
		return nil, fmt.Errorf("it has %q where %s should be", header.Name, name)
	}
	return header, nil
}

// Cluster is what a snapshot is about to be restored into.
type Cluster struct {
	Name, ID, KubernetesVersion string

	// Keys are fingerprints, by name, of the keys that it has.
	Keys map[string]string
}

// Refusal says why a snapshot must not be restored into a cluster, every reason, or nothing. One of another cluster may be
// forced; one whose Secrets no key opens, or of another version, may not.
func (s *Snapshot) Refusal(into Cluster, force bool) error {
	var reasons []string
	if s.ClusterID != into.ID && !force {
		reasons = append(reasons, fmt.Sprintf("it is of cluster %s (%s), and this is %s (%s): use --force if you mean it",
			s.Cluster, s.ClusterID, into.Name, into.ID))
	}
	if s.KubernetesVersion != into.KubernetesVersion {
		reasons = append(reasons, fmt.Sprintf("it is of Kubernetes %s, and the cluster has %s: bring the cluster to that "+
			"version first", s.KubernetesVersion, into.KubernetesVersion))
	}
	for name, fingerprint := range s.Keys {
		if into.Keys[name] != fingerprint {
			reasons = append(reasons, fmt.Sprintf("its Secrets are encrypted with %s (%.12s), which this stack's state does "+
				"not have: the key was rotated away, or is another cluster's; nobody could read them", name, fingerprint))
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return fmt.Errorf("snapshot %s is not restored:\n  %s", s.path, strings.Join(reasons, "\n  "))
}
