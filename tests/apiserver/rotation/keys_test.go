package rotation

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rampart-iac/rampart/providers/kind/hardening"
	"github.com/rampart-iac/rampart/providers/kind/keys"
	"github.com/rampart-iac/rampart/providers/kind/rotation"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
)

// fileKeys holds the keys as the stack's state does, and hands them to the API server in a file. What it records survives
// a run that is killed.
type fileKeys struct {
	path string

	phase         keys.Phase
	writes, reads hardening.EncryptionKey

	// killed is called at every moment at which a run can be killed.
	killed func(point string) error
}

func randomKey(name string) hardening.EncryptionKey {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return hardening.EncryptionKey{Name: name, Base64: base64.StdEncoding.EncodeToString(secret)}
}

// newKeys makes a first key and its file.
func newKeys(t *testing.T) *fileKeys {
	t.Helper()
	made := &fileKeys{
		path: filepath.Join(t.TempDir(), "encryption.yaml"), phase: keys.Settled, writes: randomKey(keys.First),
		killed: func(string) error { return nil },
	}
	if err := made.write(); err != nil {
		t.Fatal(err)
	}
	return made
}

// flags are those that the product starts its API servers with.
func (k *fileKeys) flags() map[string][]string {
	return map[string][]string{
		"encryption-provider-config":                  {k.path},
		"encryption-provider-config-automatic-reload": {"true"},
	}
}

func (k *fileKeys) start(t *testing.T) *apiserver.Server {
	t.Helper()
	return apiserver.MustStart(t, apiserver.Settings{Flags: k.flags()})
}

func (k *fileKeys) write() error {
	ordered := []hardening.EncryptionKey{k.writes}
	if k.reads.Name != "" {
		ordered = append(ordered, k.reads)
	}
	files, err := hardening.Files(hardening.Settings{KubernetesVersion: "v1.37.0", TLSFloor: "1.3"}, ordered...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(k.path+".new", []byte(files["encryption.yaml"]), 0o600); err != nil {
		return err
	}
	return os.Rename(k.path+".new", k.path)
}

func (k *fileKeys) Status(context.Context) (rotation.Status, error) {
	return rotation.Status{Phase: k.phase, Writes: k.writes.Name, Reads: k.reads.Name}, nil
}

func (k *fileKeys) Take(_ context.Context, step keys.Step) error {
	if err := k.killed("before " + string(step) + " is recorded"); err != nil {
		return err
	}
	next, err := k.phase.Take(step)
	if err != nil {
		return err
	}
	if next != k.phase {
		switch next {
		case keys.Added:
			name, err := keys.NameAfter(k.writes.Name)
			if err != nil {
				return err
			}
			k.reads = randomKey(name)
		case keys.Promoted:
			k.writes, k.reads = k.reads, k.writes
		case keys.Retired:
			k.reads = hardening.EncryptionKey{}
		case keys.Settled:
		}
		k.phase = next
	}
	if err := k.killed("before " + string(step) + " is written"); err != nil {
		return err
	}
	if err := k.write(); err != nil {
		return err
	}
	return k.killed("after " + string(step))
}

func (k *fileKeys) Configuration(context.Context) (rotation.Configuration, error) {
	text, err := os.ReadFile(k.path)
	if err != nil {
		return rotation.Configuration{}, err
	}
	return rotation.ParseConfiguration(text)
}

// killer ends a run, once, at every point that it comes by.
type killer struct {
	mutex sync.Mutex
	seen  map[string]bool
	// cancel ends the run that is under way.
	cancel context.CancelFunc
}

func (k *killer) at(point string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.seen[point] {
		return nil
	}
	k.seen[point] = true
	k.cancel()
	return fmt.Errorf("killed %s", point)
}

// kills is a store and a progress that are points as well.
type kills struct {
	etcd
	*killer
	t *testing.T
}

func (k kills) Heads(ctx context.Context, prefix string, visit func(string, []byte)) error {
	if err := k.at("before etcd is searched"); err != nil {
		return err
	}
	return k.etcd.Heads(ctx, prefix, visit)
}

func (k kills) Compact(ctx context.Context) error {
	if err := k.at("before etcd is compacted"); err != nil {
		return err
	}
	if err := k.etcd.Compact(ctx); err != nil {
		return err
	}
	return k.at("after etcd was compacted")
}

func (k kills) Begin(what string) func(string, error) {
	k.t.Log(what)
	return func(outcome string, err error) { k.t.Log("  ", outcome, err) }
}

func (k kills) Count(done, total int) {
	if done >= total/2 {
		_ = k.at("in the middle of writing anew")
	}
}
