package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Cluster is a running cluster, as its administrator and its host see it.
type Cluster struct {
	// Admin is the way in with all rights, Client speaks it.
	Admin  *rest.Config
	Client kubernetes.Interface

	// AgnhostImage is the image that every probe and server runs. It is on the nodes, unless Settings.ProbeImage named one.
	// Empty if there is none: WithoutImage then says where it is missing.
	AgnhostImage string
	WithoutImage error

	// WithoutEngine says why one cannot stand on the nodes. Nil if one can.
	WithoutEngine error

	// Remote says that WithoutEngine is no fault: the nodes are machines elsewhere, which let nobody in.
	Remote bool

	nodes      []*Node
	pullPolicy corev1.PullPolicy
	enterPods  bool
}

// Settings say what is known of a cluster before it is looked at. The zero value is right for nodes that are containers
// here.
type Settings struct {
	// Remote says why nobody can stand on the nodes: they are machines elsewhere. Empty: they are looked for on this
	// machine.
	Remote string

	// ProbeImage is an agnhost image that the cluster may run; a node that lacks it pulls it. Empty: one that is on all
	// nodes is found, and nothing is pulled.
	ProbeImage string

	// EnterPods lets connections of pods be made in their network namespaces, without a command in the pod: a hundredth of the
	// work. It is right where nothing but the namespace decides about a connection, as with Calico's iptables; programs of
	// eBPF on the control groups of pods would not be asked. Pods on nodes that are no containers here are not entered.
	EnterPods bool
}

// Node is one node of a cluster.
type Node struct {
	Name         string
	ControlPlane bool
	// Address is the node's own in the cluster's network.
	Address string
	// Ports are the addresses of this machine that lead to the node, if it is a container here.
	Ports map[string][]PortBinding

	engine Engine
	pid    int
	// direct says that one can enter the node's namespaces from here, which costs a hundredth of asking the engine to.
	direct bool
	// inPods are processes of pods, by the pods' UIDs.
	inPods sync.Map
}

// Rate of requests to the API server: probes ask often and in parallel, and the default of five a second would be what
// they wait for.
const (
	requestsPerSecond = 200
	requestsBurst     = 400
)

// ErrNoNodes says that a cluster has no nodes, or none yet.
var ErrNoNodes = errors.New("the cluster has no nodes")

// Open looks at a cluster whose nodes may be containers here. It fails if the API server does not list the nodes; an engine
// and an image that are missing are told in the cluster's fields.
func Open(ctx context.Context, config *rest.Config) (*Cluster, error) {
	return OpenWith(ctx, config, Settings{})
}

// OpenWith is Open of a cluster that something is known of.
func OpenWith(ctx context.Context, config *rest.Config, settings Settings) (*Cluster, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = requestsPerSecond, requestsBurst
	// What attacks provoke is read where it is looked for.
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	list, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the nodes: %w", err)
	}
	if len(list.Items) == 0 {
		return nil, ErrNoNodes
	}
	cluster := &Cluster{
		Admin: config, Client: client, Remote: settings.Remote != "",
		pullPolicy: corev1.PullNever, enterPods: settings.EnterPods,
	}
	var engines []Engine
	if cluster.Remote {
		cluster.WithoutEngine = errors.New(settings.Remote)
	} else {
		engines = Engines(ctx)
	}
	for _, item := range list.Items {
		node, err := newNode(ctx, engines, item)
		if err != nil && cluster.WithoutEngine == nil {
			cluster.WithoutEngine = err
		}
		cluster.nodes = append(cluster.nodes, node)
	}
	if settings.ProbeImage != "" {
		cluster.AgnhostImage, cluster.pullPolicy = settings.ProbeImage, corev1.PullIfNotPresent
		return cluster, nil
	}
	cluster.findAgnhost(list.Items)
	return cluster, nil
}

// newNode finds the container that a node is. The node is returned with an error, too.
func newNode(ctx context.Context, engines []Engine, item corev1.Node) (*Node, error) {
	_, controlPlane := item.Labels["node-role.kubernetes.io/control-plane"]
	node := &Node{Name: item.Name, ControlPlane: controlPlane}
	for _, address := range item.Status.Addresses {
		if address.Type == corev1.NodeInternalIP && node.Address == "" {
			node.Address = address.Address
		}
	}
	for _, engine := range engines {
		container, err := engine.Inspect(ctx, item.Name)
		if err != nil || container.State.Pid == 0 {
			continue
		}
		// Another cluster's node may have the same name.
		machine, err := engine.Run(ctx, "exec", item.Name, "cat", "/etc/machine-id")
		if err != nil || strings.TrimSpace(machine) != item.Status.NodeInfo.MachineID {
			continue
		}
		node.engine, node.pid, node.Ports = engine, container.State.Pid, container.HostConfig.PortBindings
		// The process may be one of another machine, if the engine is.
		inside, err := run(ctx, "nsenter", node.enter("cat", "/etc/machine-id")...)
		node.direct = err == nil && strings.TrimSpace(inside) == item.Status.NodeInfo.MachineID
		return node, nil
	}
	return node, fmt.Errorf("node %s is no container of docker, podman or nerdctl on this machine", item.Name)
}

// findAgnhost finds the probes' image among those that are on the nodes: nothing is pulled, so that a pull that fails
// cannot look like a fault of the network.
func (c *Cluster) findAgnhost(nodes []corev1.Node) {
	for _, node := range nodes {
		found := ""
		for _, image := range node.Status.Images {
			for _, name := range image.Names {
				// By its digest if it has one: the cluster may take nothing else.
				if strings.Contains(name, "/agnhost@") || found == "" && strings.Contains(name, "/agnhost:") {
					found = name
				}
			}
		}
		if found == "" {
			c.WithoutImage = fmt.Errorf("node %s has no agnhost image, which probes run, and none is pulled "+
				"unless you name one", node.Name)
			c.AgnhostImage = ""
			return
		}
		c.AgnhostImage = found
	}
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

// As returns a client that speaks with a bearer token and nothing else; without one it is nobody.
func (c *Cluster) As(token string) (kubernetes.Interface, error) {
	config := rest.AnonymousClientConfig(c.Admin)
	config.BearerToken = token
	config.WarningHandler = rest.NoWarnings{}
	config.QPS, config.Burst = requestsPerSecond, requestsBurst
	return kubernetes.NewForConfig(config)
}

// Exec runs a command on the node as its root.
func (n *Node) Exec(ctx context.Context, command ...string) (string, error) {
	switch {
	case n.engine == "":
		return "", fmt.Errorf("node %s is no container on this machine", n.Name)
	case n.direct:
		output, err := run(ctx, "nsenter", n.enter(command...)...)
		if err != nil {
			err = fmt.Errorf("on node %s: %w", n.Name, err)
		}
		return output, err
	default:
		return n.engine.Run(ctx, append([]string{"exec", n.Name}, command...)...)
	}
}

// enter are the arguments of nsenter for a command on the node.
func (n *Node) enter(command ...string) []string {
	return append([]string{
		"--target=" + strconv.Itoa(n.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--wd=/", "--",
	}, command...)
}
