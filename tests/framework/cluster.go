package framework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a running cluster that the product made, as its administrator and its host see it.
type Cluster struct {
	Name string
	// Admin is the way in with all rights, Client speaks it.
	Admin  *rest.Config
	Client kubernetes.Interface
	// AgnhostImage is the image that every probe and server of the tests runs. It is on the nodes.
	AgnhostImage string

	engine Engine
	nodes  []*Node
}

// Node is one node of a cluster: a container on this machine.
type Node struct {
	Name         string
	ControlPlane bool
	// Address is the node's own in the cluster's network.
	Address string
	// Ports are the addresses of this machine that lead to the node.
	Ports map[string][]PortBinding

	engine Engine
	pid    int
}

// Connect looks at the cluster that the product made.
func (p *Product) Connect(ctx context.Context) (*Cluster, error) {
	kubeconfig, err := p.Kubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("the product's kubeconfig: %w", err)
	}
	// Tests ask often and in parallel; the default of five a second would be what they wait for.
	config.QPS, config.Burst = 200, 400
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	cluster := &Cluster{Name: p.Cluster, Admin: config, Client: client}
	if err := cluster.findNodes(ctx); err != nil {
		return nil, err
	}
	return cluster, cluster.findAgnhost(ctx)
}

func (c *Cluster) findNodes(ctx context.Context) error {
	for _, engine := range Engines(ctx) {
		if names, err := engine.containersOf(ctx, c.Name); err == nil && len(names) > 0 {
			c.engine = engine
		}
	}
	if c.engine == "" {
		return fmt.Errorf("no container engine has nodes of cluster %q", c.Name)
	}
	list, err := c.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		container, err := c.engine.inspect(ctx, item.Name)
		if err != nil {
			return err
		}
		_, controlPlane := item.Labels["node-role.kubernetes.io/control-plane"]
		node := &Node{
			Name: item.Name, ControlPlane: controlPlane, Ports: container.HostConfig.PortBindings,
			engine: c.engine, pid: container.State.Pid,
		}
		for _, address := range item.Status.Addresses {
			if address.Type == "InternalIP" && node.Address == "" {
				node.Address = address.Address
			}
		}
		c.nodes = append(c.nodes, node)
	}
	return nil
}

// findAgnhost finds the tests' image among those that are on the nodes: nothing is pulled, so that a pull that fails
// cannot look like a fault of the network.
func (c *Cluster) findAgnhost(ctx context.Context) error {
	list, err := c.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, node := range list.Items {
		found := ""
		for _, image := range node.Status.Images {
			for _, name := range image.Names {
				if strings.Contains(name, "/agnhost:") {
					found = name
				}
			}
		}
		if found == "" {
			return fmt.Errorf("node %s has no agnhost image: the tests run it and pull nothing", node.Name)
		}
		c.AgnhostImage = found
	}
	return nil
}

// Nodes returns all nodes, control plane first.
func (c *Cluster) Nodes() []*Node {
	return slices.SortedFunc(slices.Values(c.nodes), func(a, b *Node) int {
		if a.ControlPlane != b.ControlPlane {
			if a.ControlPlane {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// ControlPlane returns the first control-plane node.
func (c *Cluster) ControlPlane() *Node { return c.Nodes()[0] }

// As returns a client that speaks with a bearer token and nothing else.
func (c *Cluster) As(token string) (kubernetes.Interface, error) {
	config := rest.AnonymousClientConfig(c.Admin)
	config.BearerToken = token
	config.QPS, config.Burst = 200, 400
	return kubernetes.NewForConfig(config)
}

// Exec runs a command on the node, through the container engine, as its root.
func (n *Node) Exec(ctx context.Context, command ...string) (string, error) {
	return n.engine.run(ctx, append([]string{"exec", n.Name}, command...)...)
}
