package kind

import (
	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/kind/keys"
)

// ClusterArgs describe a hardened kind cluster. All fields are plain: they decide what exists and must be known at
// preview. The zero value of a field means its default.
type ClusterArgs struct {
	// Name of the cluster and prefix of its nodes' names. Default: the resource's name.
	Name string

	// KubernetesVersion is exact, such as v1.37.0. Default: baseline.DefaultKubernetesVersion.
	KubernetesVersion baseline.KubernetesVersion

	// Image is the node image. Default: the published image of KubernetesVersion, pinned by digest.
	Image Image

	// Workers is how many nodes there are beside the control plane. Default: 1. Use NoWorkers for none.
	Workers int

	// PodCIDR and ServiceCIDR are IPv4 ranges in CIDR notation that overlap neither each other nor the host's networks.
	// Defaults: 10.244.0.0/16 and 10.96.0.0/16.
	PodCIDR     string
	ServiceCIDR string

	// Level of the baseline: pods are held to the Pod Security Standard of that name, unless their namespace says otherwise.
	// Default: restricted.
	Level baseline.Level

	// TLSMinVersion is the floor on every control-plane port and kubelet. Default: 1.3.
	TLSMinVersion baseline.TLSVersion

	// Deployers may change the policies that hold the controls, beside the cluster's administrators. From Kubernetes v1.37 on
	// nobody else can, whatever roles say. Default: none.
	Deployers Principals

	// Engine is the container engine: auto, docker, podman or nerdctl. Default: auto.
	Engine string

	// APIServerPort is the port on 127.0.0.1 that the API server is published on. Default: 0, a free one from 20000 to 29999.
	APIServerPort int

	// Directory is an absolute path of a folder for this cluster's own files: its kubeconfig, the files that its control
	// plane reads, and a journal that tells an interrupted run from a finished one. Required.
	Directory string

	// KeyStep is a step of a rotation of the encryption key to take in this run; one that was taken already changes
	// nothing. Between the steps of a rotation there is more to be done than a program can say: package rotation does it.
	// Default: none, the keys stay as they are.
	KeyStep keys.Step

	// Approver is the absolute path of the program cmd/rampart-approver, compiled for Linux without cgo. It approves the
	// kubelets' serving certificates on the control plane; without it the API server could not talk to kubelets. Required.
	Approver string

	// Ephemeral clusters may be destroyed at once; others are protected and must be unprotected first.
	Ephemeral bool
}

// Principals are users and groups as the API server authenticates them. A service account is the user
// system:serviceaccount:<namespace>:<name>.
type Principals struct{ Users, Groups []string }

// NoWorkers asks for a cluster of one control-plane node only, as ClusterArgs.Workers.
const NoWorkers = -1

// Image names a node image and, if it is not to be pulled, where it is.
type Image struct {
	// Reference with a tag or a digest.
	Reference string
	// Archive is the absolute path of an image archive that holds Reference. Empty if the engine pulls it.
	Archive string
	// ID that the engine must report for it (sha256:...). Empty if the reference has a digest.
	ID string
}
