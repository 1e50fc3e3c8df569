package part

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"syscall"
	"time"
)

// Store keeps finished parts in folders named <part>-<first 16 hex digits of the key>. A folder of that name is always
// whole: it is filled under another name and renamed when it is finished, so a crash or a power cut leaves at most a
// *.tmp folder, which the next run removes.
type Store struct {
	// Root is created on first use.
	Root string
}

const keyLength = 16

// Dir is where the finished part is, or will be.
func (s Store) Dir(p *Part) (string, error) {
	key, err := p.Key()
	if err != nil {
		return "", err
	}
	return filepath.Join(s.Root, p.Name+"-"+key[:keyLength]), nil
}

// Has tells whether the part is finished.
func (s Store) Has(p *Part) (bool, error) {
	dir, err := s.Dir(p)
	if err != nil {
		return false, err
	}
	switch _, err := os.Stat(dir); {
	case err == nil:
		return true, nil
	case os.IsNotExist(err):
		return false, nil
	default:
		return false, fmt.Errorf("looking for part %s: %w", p.Name, err)
	}
}

// LogFile is where the output of the part's last build is kept, finished or not.
func (s Store) LogFile(p *Part) string { return filepath.Join(s.Root, "logs", p.Name+".log") }

// Remove deletes a finished part, so that the next run builds it anew.
func (s Store) Remove(ctx context.Context, p *Part) error {
	dir, err := s.Dir(p)
	if err != nil {
		return err
	}
	release, err := s.lock(ctx, p.Name, nil)
	if err != nil {
		return err
	}
	defer release()
	// Renamed first: a half-deleted part must never be found under its final name.
	doomed := dir + ".tmp-removed"
	if err := os.Rename(dir, doomed); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing part %s: %w", p.Name, err)
	}
	return os.RemoveAll(doomed)
}

// Stale lists the entries under Root that belong to none of the given parts: results of older recipes and leftovers of
// crashes.
func (s Store) Stale(current []*Part) ([]string, error) {
	keep := map[string]bool{"logs": true}
	for _, p := range current {
		dir, err := s.Dir(p)
		if err != nil {
			return nil, err
		}
		keep[filepath.Base(dir)] = true
	}
	entries, err := os.ReadDir(s.Root)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, e := range entries {
		if !keep[e.Name()] && !strings.HasSuffix(e.Name(), ".lock") {
			stale = append(stale, filepath.Join(s.Root, e.Name()))
		}
	}
	sort.Strings(stale)
	return stale, nil
}

// entryName is what folders of parts are called, finished or not.
var entryName = regexp.MustCompile(`^(.+)-[0-9a-f]{16}(\.tmp.*)?$`)

// RemoveStale deletes an entry that Stale listed. It waits for a build of the part that may be going on.
func (s Store) RemoveStale(ctx context.Context, dir string) error {
	if match := entryName.FindStringSubmatch(filepath.Base(dir)); match != nil {
		release, err := s.lock(ctx, match[1], nil)
		if err != nil {
			return err
		}
		defer release()
	}
	return os.RemoveAll(dir)
}

// lock takes the part's own lock file and waits for it. Two builders on one cache, in one process or in two, thus
// never build the same part twice at once: the second one finds it finished.
func (s Store) lock(ctx context.Context, name string, waiting func()) (release func(), err error) {
	if err := os.MkdirAll(filepath.Join(s.Root, "logs"), 0o750); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.Root, name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// A blocking flock could not be interrupted.
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			_ = f.Close()
			return nil, fmt.Errorf("waiting for the lock of part %s: %w", name, err)
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, context.Cause(ctx)
		case <-time.After(lockPollInterval):
		}
	}
}

// lockPollInterval is how often a lock is asked for that another run holds.
const lockPollInterval = 100 * time.Millisecond
