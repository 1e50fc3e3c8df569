//go:build !linux

package plugin

import (
	"errors"
	"io/fs"
	"syscall"
)

// Elsewhere than on Linux the engine runs in a virtual machine, and what this process sees of its own host says nothing
// about the engine's.

func connectionPorts() portRange { return portRange{} }

func freeBytes(string) (uint64, bool) { return 0, false }

func boundedLimits() bool { return false }

func hardLimits() (files, processes uint64, err error) {
	return 0, 0, errors.New("limits are not known on this operating system")
}

func ownerOf(fs.FileInfo) (uid int, known bool) { return 0, false }

func dieWithParent() *syscall.SysProcAttr { return nil }
