//go:build !linux

package live

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// InNetwork would run a function inside the node's network namespace. Only Linux has them.
func (n *Node) InNetwork(func() error) error {
	return fmt.Errorf("the network of node %s cannot be entered: this machine does not run Linux", n.Name)
}

// inNetworkOf would do so inside a pod's.
func (n *Node) inNetworkOf(*corev1.Pod, func() error) error { return n.InNetwork(nil) }
