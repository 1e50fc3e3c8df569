package doctor

import (
	"fmt"
	"syscall"
)

// freeBytes returns how much a user may still write to the file system of a path.
func freeBytes(path string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, fmt.Errorf("asking for the free space at %s: %w", path, err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil //nolint:gosec // a block is never of negative size
}
