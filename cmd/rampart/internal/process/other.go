//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// ownGroup leaves the command where it is: there are no process groups here.
func ownGroup(*exec.Cmd) {}

// Alive says whether there is a process of this id on this machine.
func Alive(pid int) bool {
	_, err := os.FindProcess(pid)
	return err == nil
}
