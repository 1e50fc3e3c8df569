package live

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// InNetwork runs a function inside the node's network namespace: what it dials or listens on, it does as if it stood on
// the node, with Go's own TLS and nothing installed there. Sockets that it opens stay in that namespace and may be used
// anywhere. The function must not open them in goroutines of its own.
func (n *Node) InNetwork(f func() error) error { return inNetwork("node "+n.Name, n.pid, f) }

// inNetwork runs a function inside the network namespace of a process, which is somebody's.
func inNetwork(whose string, pid int, f func() error) error {
	result := make(chan error, 1)
	go func() {
		// The thread is never unlocked: it ends with this goroutine and takes the foreign namespace with it.
		runtime.LockOSThread()
		result <- func() error {
			namespace, err := os.Open(networkOf(pid))
			if err != nil {
				return fmt.Errorf("network of %s: %w", whose, err)
			}
			defer func() { _ = namespace.Close() }()
			if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("entering the network of %s, which needs root: %w", whose, err)
			}
			return f()
		}()
	}()
	return <-result
}

// networkOf is the kernel's name for the network namespace of a process.
func networkOf(pid int) string { return filepath.Join(processes, strconv.Itoa(pid), "ns", "net") }
