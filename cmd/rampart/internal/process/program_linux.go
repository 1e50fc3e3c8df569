package process

import (
	"fmt"
	"os"
	"strings"
)

// Program returns the name of the program that a process of this machine runs, and whether there is such a process. The
// name is empty if it cannot be told.
func Program(pid int) (string, bool) {
	if !Alive(pid) {
		return "", false
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "", Alive(pid)
	}
	// A process that has ended, and whose parent has not looked yet, holds nothing any more.
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil &&
		strings.Contains(string(status), "\nState:\tZ") {
		return "", false
	}
	return strings.TrimSpace(string(name)), true
}
