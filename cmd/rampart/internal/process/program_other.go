//go:build !linux

package process

// Program returns the name of the program that a process of this machine runs, and whether there is such a process. The
// name is empty if it cannot be told.
func Program(pid int) (string, bool) {
	return "", Alive(pid)
}
