// Command pause is the first process of every pod: it holds the pod's namespaces open while containers come and go. In pods that share one
// process namespace it is process 1, and must reap the children that others leave behind. It ends on SIGINT and SIGTERM.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	// kubeadm's check before an upgrade runs a job of this and waits for its end.
	if len(os.Args) > 1 && os.Args[1] == "-v" {
		fmt.Println("pause 3.10.2")
		return
	}
	// One idle pause runs per pod: keep it small. It allocates next to nothing after this.
	debug.SetGCPercent(-1)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	reap() // children may have ended before Notify
	for s := range signals {
		if s != syscall.SIGCHLD {
			return
		}
		reap()
	}
}

// reap collects every child that has ended; one SIGCHLD may stand for many.
func reap() {
	for {
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 && err != syscall.EINTR {
			return
		}
	}
}
