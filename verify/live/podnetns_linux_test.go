package live

import (
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestProcessesOfAPodAreKnownByTheirControlGroups(t *testing.T) {
	t.Parallel()
	const uid = "0b6c3f1e-6c1b-4d3a-9f39-0a1f5a1c7e55"
	for says, row := range map[string]struct {
		groups string
		want   bool
	}{
		"systemd": {
			"4:memory:/libpod_parent/libpod-1/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/" +
				"kubelet-kubepods-burstable-pod0b6c3f1e_6c1b_4d3a_9f39_0a1f5a1c7e55.slice/cri-containerd-2.scope\n", true,
		},
		"cgroupfs":        {"0::/kubelet/kubepods/burstable/pod0b6c3f1e-6c1b-4d3a-9f39-0a1f5a1c7e55/2\n", true},
		"another pod":     {"0::/kubelet/kubepods/burstable/pod0b6c3f1e-6c1b-4d3a-9f39-0a1f5a1c7e56/2\n", false},
		"the node itself": {"0::/libpod_parent/libpod-1/init.scope\n", false},
	} {
		if got := ofPod(row.groups, uid); got != row.want {
			t.Errorf("%s: %v, want %v", says, got, row.want)
		}
	}
	if ofPod("0::/kubelet/kubepods/burstable/pod", "") {
		t.Error("a pod without a UID has every process")
	}
}

// TestNoProcessIsNoPods: whoever finds no process must not stand in the network of another, and take what he reaches from there for
// what the pod does.
func TestNoProcessIsNoPods(t *testing.T) {
	t.Parallel()
	node := &Node{Name: "here", pid: os.Getpid()}
	if pid, err := node.processIn(types.UID("0b6c3f1e-6c1b-4d3a-9f39-0a1f5a1c7e55")); err == nil {
		t.Errorf("process %d is taken for one of a pod that does not run", pid)
	}
}
