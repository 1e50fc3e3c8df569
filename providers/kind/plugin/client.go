package plugin

import (
	"context"
	"io"
	"net/netip"

	"sigs.k8s.io/kind/pkg/log"
)

// engines finds container engines.
type engines interface {
	// open returns the engine of that name, or with "auto" the first usable one. The error holds the engines' own words.
	open(ctx context.Context, name string) (client, error)

	// usable returns all engines that can be used, in the order in which auto prefers them.
	usable(ctx context.Context) ([]client, error)
}

// client is what a cluster needs of one container engine and of the kind library on top of it.
type client interface {
	// name is docker, podman or nerdctl.
	name() string

	// hostFaults returns what keeps this host from running a cluster on the engine. With repair, it first puts right what
	// it can; a preview must not.
	hostFaults(ctx context.Context, repair bool) []string

	// imageID returns the ID of an image that the engine has, or "".
	imageID(ctx context.Context, reference string) (string, error)

	// comparesImageIDs says whether the engine's image IDs are the digests of image configurations. Engines that keep
	// images in containerd show the manifest's digest instead.
	comparesImageIDs() bool

	// loadImage loads the images in an archive.
	loadImage(ctx context.Context, archive string) error

	// tagImage gives an image that the engine has another name.
	tagImage(ctx context.Context, id, reference string) error

	// pullImage pulls the image from its registry.
	pullImage(ctx context.Context, reference string) error

	// imageVersion returns the Kubernetes version that a node image says it holds.
	imageVersion(ctx context.Context, directory, reference string) (string, error)

	// networkOwner returns whom the network was made for, and whether there is such a network at all. The owner is "" if
	// it was not made by createNetwork.
	networkOwner(ctx context.Context, network string) (owner string, found bool, err error)

	// createNetwork makes the network, in the given range or in one that the engine chooses, and returns the ranges that it covers.
	createNetwork(ctx context.Context, network, owner string, subnet netip.Prefix) ([]netip.Prefix, error)

	// removeNetwork removes the network. It fails if containers are in it.
	removeNetwork(ctx context.Context, network string) error

	// nodes returns the containers of a cluster, in order of their names, whether they run or not.
	nodes(ctx context.Context, cluster string) ([]nodeContainer, error)

	// create makes the cluster. Whatever was made when it fails is left for deleteNodes. When ctx ends it stops soon, with
	// nothing of it running on.
	create(ctx context.Context, logger log.Logger, spec createSpec) error

	// deleteNodes deletes the containers of a cluster and their volumes, and returns when they are gone.
	deleteNodes(ctx context.Context, cluster string) error

	// startWorker makes and starts the container of a further worker, ready for kubeadm.
	startWorker(ctx context.Context, args ClusterArgs, name string) (Node, error)

	// removeNode deletes one node's container and its volumes.
	removeNode(ctx context.Context, name string) error

	// startNodes starts the given containers.
	startNodes(ctx context.Context, names []string) error

	// kubeconfig returns the kubeconfig of a running cluster, for use from this host.
	kubeconfig(ctx context.Context, cluster string) (string, error)

	// nodeFile returns a file's content on a running node.
	nodeFile(ctx context.Context, node, path string) (string, error)

	// exec runs a command on a running node, as its root, and returns what it printed. Arguments show in the process list:
	// secrets go to standard input.
	exec(ctx context.Context, node string, stdin io.Reader, command ...string) (string, error)

	// runInImage runs a shell script in a container of the cluster's node image, without a network, which sees the folder of
	// the host as /out.
	runInImage(ctx context.Context, args ClusterArgs, folder, script string) error

	// waitReady returns when the API server on a control-plane node says that it is ready.
	waitReady(ctx context.Context, node string) error

	// restartAPIServer restarts the API server on a control-plane node, with its manifest marked with the hash of the files
	// that it reads, and returns when the new one is ready.
	restartAPIServer(ctx context.Context, node, filesHash string) error

	// reloadUnits has a node's systemd read its units anew and do what has to be done about those that have changed.
	reloadUnits(ctx context.Context, node string, change unitChange) error
}

// createSpec is what it takes to make a cluster.
type createSpec struct {
	args ClusterArgs
}

// nodeContainer is what the engine knows of a node.
type nodeContainer struct {
	Node

	// networks are the names of the networks that the container is in.
	networks []string
}

// host is what a check needs to know of the machine itself.
type host interface {
	// networks returns the ranges that the host's interfaces and routes cover, by the interface's name.
	networks() map[string][]netip.Prefix

	// portError returns why a port on 127.0.0.1 cannot be listened on, or nil.
	portError(port int) error
}
