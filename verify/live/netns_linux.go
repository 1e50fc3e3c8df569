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
func (n *Node) InNetwork(f func() error) error {
	result := make(chan error, 1)
	go func() {
		// The thread is never unlocked: it ends with this goroutine and takes the foreign namespace with it.
		runtime.LockOSThread()
		result <- func() error {
			namespace, err := os.Open(filepath.Join("/proc", strconv.Itoa(n.pid), "ns", "net"))
			if err != nil {
				return fmt.Errorf("network of node %s: %w", n.Name, err)
			}
			defer func() { _ = namespace.Close() }()
			if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("entering the network of node %s, which needs root: %w", n.Name, err)
			}
			return f()
		}()
	}()
	return <-result
}
