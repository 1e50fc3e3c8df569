package framework

import (
	"os"
	"syscall"
)

// TakeTurn waits until no other test of this repository has a cluster, and keeps the turn until the returned function
// is called. Go runs test packages at the same time, and a census of an engine can only be taken alone.
func TakeTurn() (giveUp func() error, err error) {
	root, err := RepositoryRoot()
	if err != nil {
		return nil, err
	}
	// The folder itself is the lock: it leaves no file behind.
	dir, err := os.Open(root)
	if err != nil {
		return nil, err
	}
	return dir.Close, syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
}
