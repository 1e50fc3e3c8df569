package plugin

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Cluster makes, watches and deletes one kind cluster.
type Cluster struct {
	engines engines
	host    host
}

// Annotate names and describes the resource in the schema.
func (c *Cluster) Annotate(a infer.Annotator) {
	a.SetToken(moduleName, "Cluster")
	a.Describe(&c, "A kind cluster: its node containers, a network of its own and the files of its control plane. "+
		"Its API server listens on 127.0.0.1 only and no pod network is installed. The user's own kubeconfig is never "+
		"touched. It can be imported by its name. An import finds every input if the cluster was made by this resource "+
		"on this machine and its directory still stands; of any other kind cluster it cannot know directory, files, "+
		"units, programs, kubeadmConfigPatches, imageArchive and imageId.")
}

// Values that an input has if it is not set.
const (
	defaultEngine        = engineAuto
	defaultWorkers       = 1
	defaultAPIServerPort = 0

	defaultAllowReplacement = true
)

// ClusterArgs are a cluster's inputs.
type ClusterArgs struct {
	Name                 string            `pulumi:"name"`
	KubernetesVersion    string            `pulumi:"kubernetesVersion"`
	Image                string            `pulumi:"image"`
	ImageArchive         *string           `pulumi:"imageArchive,optional"`
	ImageID              *string           `pulumi:"imageId,optional"`
	Engine               *string           `pulumi:"engine,optional"`
	Workers              *int              `pulumi:"workers,optional"`
	PodSubnet            string            `pulumi:"podSubnet"`
	ServiceSubnet        string            `pulumi:"serviceSubnet"`
	APIServerPort        *int              `pulumi:"apiServerPort,optional"`
	Directory            string            `pulumi:"directory"`
	ControlPlaneFiles    map[string]string `pulumi:"controlPlaneFiles,optional" provider:"secret"`
	ReloadedFiles        []string          `pulumi:"reloadedFiles,optional"`
	ControlPlaneUnits    map[string]string `pulumi:"controlPlaneUnits,optional"`
	ControlPlanePrograms map[string]string `pulumi:"controlPlanePrograms,optional"`
	WorkerUnits          map[string]string `pulumi:"workerUnits,optional"`
	KubeadmConfigPatches []string          `pulumi:"kubeadmConfigPatches,optional"`
	AllowReplacement     *bool             `pulumi:"allowReplacement,optional"`
}

// Annotate describes the inputs in the schema and sets their defaults.
func (a *ClusterArgs) Annotate(annotator infer.Annotator) {
	annotator.Describe(&a.Name, "The kind cluster's name: lower-case letters, digits, dots and dashes, at most 50 "+
		"characters. Node names are made from it.")
	annotator.Describe(&a.KubernetesVersion, "The exact Kubernetes version that the image holds, such as v1.37.0. "+
		"Another patch version, or the next minor version, is an upgrade in place: nodes get its programs and images one by one, "+
		"and pods run on. There is no way back.")
	annotator.Describe(&a.Image, "The node image's reference, with a tag or a digest.")
	annotator.Describe(&a.ImageArchive, "The absolute path of an archive that holds the image. It is loaded if the engine "+
		"lacks the image. If it is set, nothing is ever pulled.")
	annotator.Describe(&a.ImageID, "The image ID (sha256:...) that the engine must show for the image.")
	annotator.Describe(&a.Engine, "The container engine: auto (the first usable one), docker, podman or nerdctl.")
	annotator.Describe(&a.Workers, "How many worker nodes there are beside the one control-plane node: 0 to 10. A change "+
		"is made in place: pods are moved away from workers that go.")
	annotator.Describe(&a.PodSubnet, "The pods' IPv4 range in CIDR notation.")
	annotator.Describe(&a.ServiceSubnet, "The services' IPv4 range in CIDR notation.")
	annotator.Describe(&a.APIServerPort, "The API server's port on 127.0.0.1: 1024 to 65535, or 0 for a free one.")
	annotator.Describe(&a.Directory, "The absolute path of a folder for this cluster's files alone, made with mode 0700.")
	annotator.Describe(&a.ControlPlaneFiles, "Files for control-plane nodes, by their path relative to "+
		containerFilesDirectory+", where they are mounted read-only. A change restarts the API server in place.")
	annotator.Describe(&a.ReloadedFiles, "Names among controlPlaneFiles that their reader looks at again by itself: a change of "+
		"these alone restarts nothing.")
	annotator.Describe(&a.ControlPlaneUnits, "systemd units and drop-ins of control-plane nodes, by their path relative to "+
		containerUnitsDirectory+", where they are mounted read-only before a node's systemd starts. A change reloads systemd "+
		"and restarts the units that it is about.")
	annotator.Describe(&a.ControlPlanePrograms, "Programs for control-plane nodes: the absolute path of a static Linux program "+
		"on this machine, by the name that a copy of it has in "+containerProgramsDirectory+". A program is copied whenever "+
		"something else changes: a unit that holds its hash makes it known that it did.")
	annotator.Describe(&a.WorkerUnits, "The same as controlPlaneUnits, for worker nodes.")
	annotator.Describe(&a.KubeadmConfigPatches, "Merge patches for the kubeadm configuration of all nodes: each one YAML "+
		"mapping with a kind and without an apiVersion.")
	annotator.Describe(&a.AllowReplacement, "Whether a change that cannot be made in place deletes the cluster, with all that "+
		"is in it, and makes it anew. If not, such a change is an error.")
	annotator.SetDefault(&a.AllowReplacement, defaultAllowReplacement)
	annotator.SetDefault(&a.Engine, defaultEngine)
	annotator.SetDefault(&a.Workers, defaultWorkers)
	annotator.SetDefault(&a.APIServerPort, defaultAPIServerPort)
}

func (a *ClusterArgs) engine() string {
	return valueOr(a.Engine, defaultEngine)
}

func (a *ClusterArgs) workers() int {
	return valueOr(a.Workers, defaultWorkers)
}

func (a *ClusterArgs) apiServerPort() int {
	return valueOr(a.APIServerPort, defaultAPIServerPort)
}

func (a *ClusterArgs) allowReplacement() bool {
	return valueOr(a.AllowReplacement, defaultAllowReplacement)
}

func (a *ClusterArgs) imageArchive() string {
	return valueOr(a.ImageArchive, "")
}

func (a *ClusterArgs) imageID() string {
	return valueOr(a.ImageID, "")
}

// units returns the units of the nodes of a role.
func (a *ClusterArgs) units(role string) map[string]string {
	if role == roleControlPlane {
		return a.ControlPlaneUnits
	}
	return a.WorkerUnits
}

// network is the name of the engine network that only this cluster's nodes are in.
func (a *ClusterArgs) network() string {
	return "rampart-" + a.Name
}

func valueOr[T any](pointer *T, otherwise T) T {
	if pointer == nil {
		return otherwise
	}
	return *pointer
}

// ClusterState is a cluster's state: its inputs and what is known of it once it stands.
type ClusterState struct {
	ClusterArgs

	Kubeconfig    string `pulumi:"kubeconfig" provider:"secret"`
	Endpoint      string `pulumi:"endpoint"`
	CACertificate string `pulumi:"caCertificate"`
	ClusterID     string `pulumi:"clusterId"`
	EngineUsed    string `pulumi:"engineUsed"`
	Network       string `pulumi:"network"`
	Nodes         []Node `pulumi:"nodes"`
}

// ranges are those of pods and of services.
func (a *ClusterArgs) ranges() ([]netip.Prefix, error) {
	pods, err := netip.ParsePrefix(a.PodSubnet)
	if err != nil {
		return nil, fmt.Errorf("podSubnet: %w", err)
	}
	services, err := netip.ParsePrefix(a.ServiceSubnet)
	if err != nil {
		return nil, fmt.Errorf("serviceSubnet: %w", err)
	}
	return []netip.Prefix{pods, services}, nil
}

// halfMade says that the state holds what is left of a creation that failed and could not be undone. Nobody has anything in it.
func (s *ClusterState) halfMade() bool { return s.ClusterID == "" && len(s.Nodes) == 0 }

// Annotate describes the outputs in the schema.
func (s *ClusterState) Annotate(a infer.Annotator) {
	a.Describe(&s.Kubeconfig, "A kubeconfig with full rights. Its text does not change while the cluster stands.")
	a.Describe(&s.Endpoint, "The API server's URL, on 127.0.0.1.")
	a.Describe(&s.CACertificate, "The PEM certificate that the API server's is checked against.")
	a.Describe(&s.ClusterID, "Unique to one life of one cluster: made anew with the cluster, the same while it stands.")
	a.Describe(&s.EngineUsed, "The container engine that holds the cluster.")
	a.Describe(&s.Network, "The engine network that only this cluster's nodes are in.")
	a.Describe(&s.Nodes, "The nodes, in order of their names.")
}

// Node is one node container.
type Node struct {
	Name    string `pulumi:"name"`
	Role    string `pulumi:"role"`
	Image   string `pulumi:"image"`
	Address string `pulumi:"address"`
	Status  string `pulumi:"status"`
}

// Annotate describes a node in the schema.
func (n *Node) Annotate(a infer.Annotator) {
	a.SetToken(moduleName, "Node")
	a.Describe(&n, "A node container.")
	a.Describe(&n.Name, "The container's name, which is the node's.")
	a.Describe(&n.Role, "control-plane or worker.")
	a.Describe(&n.Image, "The image that the container was made from.")
	a.Describe(&n.Address, "The node's IPv4 address in the cluster's network; empty if it does not run.")
	a.Describe(&n.Status, "The container's status in the engine's words: running, exited, ...")
}

// WireDependencies says which outputs an update changes: none but the nodes, so that a preview of one keeps everything
// that is built on the cluster known.
func (c *Cluster) WireDependencies(f infer.FieldSelector, args *ClusterArgs, state *ClusterState) {
	f.OutputField(&state.Kubeconfig).AlwaysSecret()
	f.OutputField(&state.ControlPlaneFiles).AlwaysSecret()
	f.OutputField(&state.Nodes).DependsOn(f.InputField(&args.Workers).Computed())
}
