//go:build !linux

package live

import "fmt"

// InNetwork would run a function inside the node's network namespace. Only Linux has them.
func (n *Node) InNetwork(func() error) error {
	return fmt.Errorf("the network of node %s cannot be entered: this machine does not run Linux", n.Name)
}
