package kind

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The type tokens of the custom resources that the plugin pulumi-resource-rampart implements. They are part of every
// state file, so they never change without an alias.
const (
	ClusterResourceToken       = "rampart:kind:Cluster"
	EncryptionKeyResourceToken = "rampart:kind:EncryptionKey"
	ReadyNodesResourceToken    = "rampart:kind:ReadyNodes"
)

// ClusterResource is a kind cluster: containers, their network and the files of one cluster, made by the plugin. It is
// mechanism only: what hardens the cluster comes in as kubeadm patches and control-plane files.
type ClusterResource struct {
	pulumi.CustomResourceState

	Name                 pulumi.StringOutput      `pulumi:"name"`
	KubernetesVersion    pulumi.StringOutput      `pulumi:"kubernetesVersion"`
	Image                pulumi.StringOutput      `pulumi:"image"`
	ImageArchive         pulumi.StringPtrOutput   `pulumi:"imageArchive"`
	ImageID              pulumi.StringPtrOutput   `pulumi:"imageId"`
	Engine               pulumi.StringOutput      `pulumi:"engine"`
	Workers              pulumi.IntOutput         `pulumi:"workers"`
	PodSubnet            pulumi.StringOutput      `pulumi:"podSubnet"`
	ServiceSubnet        pulumi.StringOutput      `pulumi:"serviceSubnet"`
	APIServerPort        pulumi.IntOutput         `pulumi:"apiServerPort"`
	Directory            pulumi.StringOutput      `pulumi:"directory"`
	ControlPlaneFiles    pulumi.StringMapOutput   `pulumi:"controlPlaneFiles"`
	ReloadedFiles        pulumi.StringArrayOutput `pulumi:"reloadedFiles"`
	ControlPlaneUnits    pulumi.StringMapOutput   `pulumi:"controlPlaneUnits"`
	ControlPlanePrograms pulumi.StringMapOutput   `pulumi:"controlPlanePrograms"`
	WorkerUnits          pulumi.StringMapOutput   `pulumi:"workerUnits"`
	KubeadmConfigPatches pulumi.StringArrayOutput `pulumi:"kubeadmConfigPatches"`
	AllowReplacement     pulumi.BoolPtrOutput     `pulumi:"allowReplacement"`

	// Kubeconfig is a secret: it holds a client key with full rights. Its text does not change while the cluster stands.
	Kubeconfig pulumi.StringOutput `pulumi:"kubeconfig"`

	// Endpoint is the API server's URL, always on 127.0.0.1, and CACertificate the PEM that its certificate is
	// checked against.
	Endpoint      pulumi.StringOutput `pulumi:"endpoint"`
	CACertificate pulumi.StringOutput `pulumi:"caCertificate"`

	// ClusterID is unique to one life of one cluster: made anew with the cluster, the same as long as it stands.
	ClusterID pulumi.StringOutput `pulumi:"clusterId"`

	// EngineUsed is the container engine that holds the cluster: docker, podman or nerdctl.
	EngineUsed pulumi.StringOutput `pulumi:"engineUsed"`

	// Network is the name of the engine network that only this cluster's nodes are in.
	Network pulumi.StringOutput `pulumi:"network"`

	// Nodes describes each node by the keys name, role (control-plane or worker), image, address (IPv4 in Network) and
	// status (as the engine says it, such as running).
	Nodes pulumi.StringMapArrayOutput `pulumi:"nodes"`
}

// ClusterResourceArgs are the inputs of a ClusterResource. The plugin checks them and reports every fault at once.
type ClusterResourceArgs struct {
	// Name is the kind cluster's name: lower-case letters, digits, dots and dashes, at most 50 characters.
	Name pulumi.StringInput

	// KubernetesVersion is the exact version that Image holds, such as v1.37.0.
	KubernetesVersion pulumi.StringInput

	// Image is the node image's reference, with a tag or a digest.
	Image pulumi.StringInput

	// ImageArchive is the absolute path of an archive that holds Image. If it is set, nothing is ever pulled. Optional.
	ImageArchive pulumi.StringPtrInput

	// ImageID is the image ID (sha256:...) that the engine must show for Image. Optional.
	ImageID pulumi.StringPtrInput

	// Engine is auto, docker, podman or nerdctl. Default: auto.
	Engine pulumi.StringPtrInput

	// Workers is how many worker nodes there are, 0 to 10. Default: 1.
	Workers pulumi.IntPtrInput

	// PodSubnet and ServiceSubnet are IPv4 ranges in CIDR notation.
	PodSubnet     pulumi.StringInput
	ServiceSubnet pulumi.StringInput

	// APIServerPort is the port on 127.0.0.1, or 0 for a free one from 20000 to 29999. Default: 0.
	APIServerPort pulumi.IntPtrInput

	// Directory is the absolute path of the folder that is this cluster's alone: its journal, its kubeconfig for people
	// and its control-plane files are written there, 0700 and 0600.
	Directory pulumi.StringInput

	// ControlPlaneFiles maps paths relative to /etc/kubernetes/rampart on control-plane nodes to file contents. Optional.
	ControlPlaneFiles pulumi.StringMapInput

	// ReloadedFiles are those of ControlPlaneFiles that their reader looks at again by itself: a change of these alone
	// restarts nothing. Optional.
	ReloadedFiles pulumi.StringArrayInput

	// ControlPlaneUnits and WorkerUnits map paths relative to /usr/local/lib/systemd/system on the nodes of a role to systemd
	// units and drop-ins, such as my.service or kubelet.service.d/my.conf. Optional.
	ControlPlaneUnits pulumi.StringMapInput
	WorkerUnits       pulumi.StringMapInput

	// ControlPlanePrograms maps names in /usr/local/libexec/rampart on control-plane nodes to absolute paths of static Linux
	// programs on this machine, of which copies are made. Optional.
	ControlPlanePrograms pulumi.StringMapInput

	// KubeadmConfigPatches are merge patches for the kubeadm configuration of all nodes, each a YAML mapping with a kind
	// and without an apiVersion. Optional.
	KubeadmConfigPatches pulumi.StringArrayInput

	// AllowReplacement says whether a change that cannot be made in place deletes the cluster, with all that is in it, and
	// makes it anew. If not, such a change is an error. Default: true.
	AllowReplacement pulumi.BoolPtrInput
}

// clusterResourceArgs is the plain twin of ClusterResourceArgs: the SDK matches fields by name and takes property names
// from its tags.
type clusterResourceArgs struct {
	Name                 string            `pulumi:"name"`
	KubernetesVersion    string            `pulumi:"kubernetesVersion"`
	Image                string            `pulumi:"image"`
	ImageArchive         *string           `pulumi:"imageArchive"`
	ImageID              *string           `pulumi:"imageId"`
	Engine               *string           `pulumi:"engine"`
	Workers              *int              `pulumi:"workers"`
	PodSubnet            string            `pulumi:"podSubnet"`
	ServiceSubnet        string            `pulumi:"serviceSubnet"`
	APIServerPort        *int              `pulumi:"apiServerPort"`
	Directory            string            `pulumi:"directory"`
	ControlPlaneFiles    map[string]string `pulumi:"controlPlaneFiles"`
	ReloadedFiles        []string          `pulumi:"reloadedFiles"`
	ControlPlaneUnits    map[string]string `pulumi:"controlPlaneUnits"`
	ControlPlanePrograms map[string]string `pulumi:"controlPlanePrograms"`
	WorkerUnits          map[string]string `pulumi:"workerUnits"`
	KubeadmConfigPatches []string          `pulumi:"kubeadmConfigPatches"`
	AllowReplacement     *bool             `pulumi:"allowReplacement"`
}

// ElementType lets the SDK treat the struct as an Input.
func (ClusterResourceArgs) ElementType() reflect.Type {
	return reflect.TypeFor[clusterResourceArgs]()
}

// NewClusterResource registers a kind cluster with the engine. What may be secret is secret in the state whatever the
// plugin's version says.
func NewClusterResource(
	ctx *pulumi.Context, name string, args *ClusterResourceArgs, opts ...pulumi.ResourceOption,
) (*ClusterResource, error) {
	if args == nil {
		args = &ClusterResourceArgs{}
	}
	withSecrets := *args
	if args.ControlPlaneFiles != nil {
		withSecrets.ControlPlaneFiles = pulumi.ToSecret(args.ControlPlaneFiles).(pulumi.StringMapOutput)
	}
	opts = append([]pulumi.ResourceOption{
		pulumi.AdditionalSecretOutputs([]string{"kubeconfig", "controlPlaneFiles"}),
	}, opts...)
	resource := &ClusterResource{}
	if err := ctx.RegisterResource(ClusterResourceToken, name, withSecrets, resource, opts...); err != nil {
		return nil, err
	}
	return resource, nil
}

// EncryptionKeyResource is a random 32-byte key that encrypts Secret objects at rest. It lives in the state, so that a
// cluster that is made anew, or another control-plane node, can get the same one.
type EncryptionKeyResource struct {
	pulumi.CustomResourceState

	// Keepers are the values that the key was made for.
	Keepers pulumi.StringMapOutput `pulumi:"keepers"`

	// Step is none: a step that was taken is not kept.
	Step pulumi.StringPtrOutput `pulumi:"step"`

	// Name is the name, in an EncryptionConfiguration, of the key that writes.
	Name pulumi.StringOutput `pulumi:"name"`

	// Base64 is the key that writes, in standard base64, as an EncryptionConfiguration takes it. It is a secret.
	Base64 pulumi.StringOutput `pulumi:"base64"`

	// OtherName and OtherBase64 are the key that is only read with, empty unless a rotation is under way. OtherBase64 is a
	// secret.
	OtherName   pulumi.StringOutput `pulumi:"otherName"`
	OtherBase64 pulumi.StringOutput `pulumi:"otherBase64"`

	// Phase is how far a rotation has come: settled, added, promoted or retired (package keys).
	Phase pulumi.StringOutput `pulumi:"phase"`
}

// EncryptionKeyResourceArgs are the inputs of an EncryptionKeyResource.
type EncryptionKeyResourceArgs struct {
	// Keepers are arbitrary values: the key is made anew if one of them changes. Optional.
	Keepers pulumi.StringMapInput

	// Step is a step of a rotation to take: add, promote, retire or finish (package keys). One that was taken already
	// changes nothing; left out, the keys stay as they are. Optional.
	Step pulumi.StringPtrInput
}

type encryptionKeyResourceArgs struct {
	Keepers map[string]string `pulumi:"keepers"`
	Step    *string           `pulumi:"step"`
}

// ElementType lets the SDK treat the struct as an Input.
func (EncryptionKeyResourceArgs) ElementType() reflect.Type {
	return reflect.TypeFor[encryptionKeyResourceArgs]()
}

// NewEncryptionKeyResource registers a key with the engine.
func NewEncryptionKeyResource(
	ctx *pulumi.Context, name string, args *EncryptionKeyResourceArgs, opts ...pulumi.ResourceOption,
) (*EncryptionKeyResource, error) {
	if args == nil {
		args = &EncryptionKeyResourceArgs{}
	}
	opts = append([]pulumi.ResourceOption{pulumi.AdditionalSecretOutputs([]string{"base64", "otherBase64"})}, opts...)
	resource := &EncryptionKeyResource{}
	if err := ctx.RegisterResource(EncryptionKeyResourceToken, name, *args, resource, opts...); err != nil {
		return nil, err
	}
	return resource, nil
}

// ReadyNodesResource is there when all nodes of a cluster are Ready. They are when they have a pod network: what installs it
// comes before, and what starts pods after.
type ReadyNodesResource struct {
	pulumi.CustomResourceState

	Cluster           pulumi.StringOutput    `pulumi:"cluster"`
	Engine            pulumi.StringOutput    `pulumi:"engine"`
	ClusterID         pulumi.StringOutput    `pulumi:"clusterId"`
	Workers           pulumi.IntOutput       `pulumi:"workers"`
	KubernetesVersion pulumi.StringPtrOutput `pulumi:"kubernetesVersion"`
}

// ReadyNodesResourceArgs are the inputs of a ReadyNodesResource. Each change of them waits for the nodes again.
type ReadyNodesResourceArgs struct {
	// Cluster is the kind cluster's name.
	Cluster pulumi.StringInput

	// Engine is the container engine that holds it: ClusterResource.EngineUsed.
	Engine pulumi.StringInput

	// ClusterID is ClusterResource.ClusterID.
	ClusterID pulumi.StringInput

	// Workers is how many workers there are: with the control plane, all of them are waited for.
	Workers pulumi.IntInput

	// KubernetesVersion is the version that the nodes are to have. Optional.
	KubernetesVersion pulumi.StringPtrInput
}

type readyNodesResourceArgs struct {
	Cluster           string  `pulumi:"cluster"`
	Engine            string  `pulumi:"engine"`
	ClusterID         string  `pulumi:"clusterId"`
	Workers           int     `pulumi:"workers"`
	KubernetesVersion *string `pulumi:"kubernetesVersion"`
}

// ElementType lets the SDK treat the struct as an Input.
func (ReadyNodesResourceArgs) ElementType() reflect.Type {
	return reflect.TypeFor[readyNodesResourceArgs]()
}

// NewReadyNodesResource registers the wait with the engine. The error of a node that does not get ready in some four minutes says
// why, in the words of its kubelet.
func NewReadyNodesResource(
	ctx *pulumi.Context, name string, args *ReadyNodesResourceArgs, opts ...pulumi.ResourceOption,
) (*ReadyNodesResource, error) {
	if args == nil {
		args = &ReadyNodesResourceArgs{}
	}
	resource := &ReadyNodesResource{}
	if err := ctx.RegisterResource(ReadyNodesResourceToken, name, *args, resource, opts...); err != nil {
		return nil, err
	}
	return resource, nil
}
