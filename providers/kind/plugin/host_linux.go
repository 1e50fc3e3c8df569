package plugin

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// connectionPorts returns the ports that the kernel gives to outgoing connections (ip(7), ip_local_port_range). What cannot be
// read is empty: a free port is then chosen from those that are usually not among them.
func connectionPorts() portRange {
	content, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return portRange{}
	}
	var found portRange
	if _, err := fmt.Sscan(string(content), &found.first, &found.last); err != nil {
		return portRange{}
	}
	return found
}

// freeBytes returns how much an ordinary process may still write where the path is.
func freeBytes(path string) (uint64, bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, false
	}
	return stat.Bavail * uint64(stat.Bsize), true //nolint:gosec // A block size is positive.
}

// boundedLimits says whether this process, and so an engine without a daemon, is kept from raising limits.
func boundedLimits() bool {
	status, err := os.ReadFile("/proc/self/status")
	return err == nil && lacksCapability(string(status), capSysResource)
}

// hardLimits returns the highest numbers of open files and of processes that this process may ask for.
func hardLimits() (files, processes uint64, err error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, 0, err
	}
	files = limit.Max
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit); err != nil {
		return 0, 0, err
	}
	processes = limit.Max
	// podman lowers its own limit to the most processes that the kernel numbers, and from then on that is the hard limit.
	if most, err := os.ReadFile("/proc/sys/kernel/pid_max"); err == nil {
		if number, err := strconv.ParseUint(strings.TrimSpace(string(most)), 10, 64); err == nil {
			processes = min(processes, number)
		}
	}
	return files, processes, nil
}

// ownerOf returns the user that a file belongs to.
func ownerOf(info fs.FileInfo) (uid int, known bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return int(stat.Uid), true
}

// dieWithParent has a child process killed when this one is, so that a command of a killed plugin does not go on making
// a cluster.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
