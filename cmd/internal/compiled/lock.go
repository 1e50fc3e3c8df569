package compiled

import (
	"context"
	"errors"
	"os"
	"time"
)

// poll is how often a lock that another run holds is tried again.
const poll = 200 * time.Millisecond

// take waits for the lock on a file, which ends with the process that holds it, and returns how to give it up. The file stays:
// somebody may wait for it.
func take(ctx context.Context, path string, waiting func()) (free func() error, err error) {
	const mode = 0o600
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, mode)
	if err != nil {
		return nil, err
	}
	for {
		taken, err := tryLock(file)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if taken {
			return file.Close, nil
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(poll):
		}
	}
}
