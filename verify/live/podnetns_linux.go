package live

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// processes is where the kernel shows those of this machine, the nodes' among them.
const processes = "/proc"

// inNetworkOf is InNetwork of a pod that runs on the node, in a network namespace of its own.
func (n *Node) inNetworkOf(pod *corev1.Pod, f func() error) error {
	whose := "pod " + pod.Namespace + "/" + pod.Name
	pid, err := n.processIn(pod.UID)
	if err != nil {
		return fmt.Errorf("network of %s: %w", whose, err)
	}
	return inNetwork(whose, pid, f)
}

// processIn returns a process of a pod, as this machine counts them.
func (n *Node) processIn(uid types.UID) (int, error) {
	if known, found := n.inPods.Load(uid); found {
		if pid, ok := known.(int); ok && n.isIn(pid, uid) {
			return pid, nil
		}
	}
	entries, err := os.ReadDir(processes)
	if err != nil {
		return 0, err
	}
	// The oldest is the one that keeps the pod's namespaces: it lasts as long as they do.
	oldest := 0
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && (oldest == 0 || pid < oldest) && n.isIn(pid, uid) {
			oldest = pid
		}
	}
	if oldest == 0 {
		return 0, errors.New("none of its processes runs")
	}
	n.inPods.Store(uid, oldest)
	return oldest, nil
}

// isIn says whether a process belongs to a pod and has arrived in its network: for a moment, what starts a container is in the
// pod's control group and still in the node's network. A process that has ended belongs to none.
func (n *Node) isIn(pid int, uid types.UID) bool {
	groups, err := os.ReadFile(filepath.Join(processes, strconv.Itoa(pid), "cgroup"))
	if err != nil || !ofPod(string(groups), uid) {
		return false
	}
	own, err := os.Readlink(networkOf(pid))
	if err != nil {
		return false
	}
	node, err := os.Readlink(networkOf(n.pid))
	return err == nil && own != node
}

// ofPod says whether control groups, as the kernel lists those of a process, are a pod's. The kubelet names them by the pod's
// UID; systemd does not take its hyphens.
func ofPod(groups string, uid types.UID) bool {
	return uid != "" && (strings.Contains(groups, "pod"+string(uid)) ||
		strings.Contains(groups, "pod"+strings.ReplaceAll(string(uid), "-", "_")))
}
