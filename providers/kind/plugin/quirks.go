package plugin

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// modulesDirectory is mounted into every node. An empty folder does.
const modulesDirectory = "/lib/modules"

// capSysResource is the number of CAP_SYS_RESOURCE, which lets a process raise limits above their hard maximum.
const capSysResource = 24

// hostQuirks are the properties of a host that a cluster on it has to be fitted to. They stay out of the resource's
// inputs: the same program gives the same cluster on every machine.
type hostQuirks struct {
	// cgroupV1 is true if the engine's host has the old cgroup hierarchy, which the kubelet refuses unless told otherwise.
	cgroupV1 bool

	// boundedLimits is true if limits cannot be raised above what this process has.
	boundedLimits bool
}

// kubeadmPatches returns what kubeadm's configuration needs on this host.
func (q hostQuirks) kubeadmPatches() []string {
	if !q.cgroupV1 {
		return nil
	}
	return []string{"kind: KubeletConfiguration\nfailCgroupV1: false\n"}
}

// containerdPatches returns what containerd's configuration needs on this host. Both names of the plugin are patched:
// the first is containerd 2's with configuration version 3, the second that of version 2, which kind's images have.
func (q hostQuirks) containerdPatches() []string {
	if !q.boundedLimits {
		return nil
	}
	return []string{
		"[plugins.\"io.containerd.cri.v1.runtime\"]\n  restrict_oom_score_adj = true\n",
		"[plugins.\"io.containerd.grpc.v1.cri\"]\n  restrict_oom_score_adj = true\n",
	}
}

// lacksCapability says whether the text of /proc/self/status shows a bounding set without the capability. A text that
// cannot be read shows nothing.
func lacksCapability(status string, capability uint) bool {
	for line := range strings.Lines(status) {
		value, ok := strings.CutPrefix(line, "CapBnd:")
		if !ok {
			continue
		}
		set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		return err == nil && set&(1<<capability) == 0
	}
	return false
}

// podmanLimits renders a containers.conf that keeps podman from raising limits above their hard maximum, which fails
// without CAP_SYS_RESOURCE. With the old cgroup hierarchy it also names runc: crun refuses the hybrid form of it.
func podmanLimits(files, processes uint64, useRunc bool) string {
	text := fmt.Sprintf("[containers]\ndefault_ulimits = [\"nofile=%d:%[1]d\", \"nproc=%d:%[2]d\"]\n", files, processes)
	if useRunc {
		text += "\n[engine]\nruntime = \"runc\"\n"
	}
	return text
}

// modulesFault returns why the modules folder is missing and cannot be made, or "". With repair it makes it.
func modulesFault(folder string, repair bool) string {
	if _, err := os.Stat(folder); err == nil {
		return ""
	}
	if !repair {
		if os.Geteuid() == 0 {
			return ""
		}
		return fmt.Sprintf("the host has no %s, which nodes mount, and only root can make it: run: sudo mkdir -p %[1]s", folder)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // A folder of the system's, with its mode.
		return fmt.Sprintf("the host has no %s, which nodes mount, and it cannot be made (%v): run: sudo mkdir -p %[1]s",
			folder, err)
	}
	return ""
}
