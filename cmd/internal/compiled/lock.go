package compiled

import (
	"context"
	"time"

	"github.com/gofrs/flock"
)

// poll is how often a lock that another run holds is tried again.
const poll = 200 * time.Millisecond

// take waits for the lock on a file, which ends with the process that holds it, and returns how to give it up. The file stays:
// somebody may wait for it.
func take(ctx context.Context, path string, waiting func()) (free func() error, err error) {
	const mode = 0o600
	lock := flock.New(path, flock.SetPermissions(mode))
	taken, err := lock.TryLock()
	if err == nil && !taken {
		if waiting != nil {
			waiting()
		}
		_, err = lock.TryLockContext(ctx, poll)
	}
	if err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}
