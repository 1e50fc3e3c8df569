//go:build unix

package compiled

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock on a file unless somebody else holds it.
func tryLock(file *os.File) (bool, error) {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
