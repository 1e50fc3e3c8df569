package spec

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Cluster describes a hardened, regional GKE cluster. Fields are plain where they decide what exists, which must be known at
// preview. The zero value of a field means its default.
type Cluster struct {
	// Name of the cluster, 1 to 24 lower-case letters, digits and dashes: the name of its nodes' service account, at most 30
	// letters long, is made of it. Default: the resource's name.
	Name string

	// Project is the project's ID, and ProjectNumber its number, by which Google's own service accounts are named: they get
	// the keys before the cluster is made. Region is one such as europe-west3, and Zones are where nodes stand, at least two
	// of the region. Required.
	Project       string
	ProjectNumber string
	Region        string
	Zones         []string

	// Environment says how much the cluster matters: dev, staging or prod. In prod the API server has no public address and
	// the release channel is covered by Google's promise of service. Nothing else depends on it. Default: prod.
	Environment Environment

	// KubernetesVersion is one of Versions: the oldest that the control plane may have. The release channel takes it further.
	// Default: the newest of them.
	KubernetesVersion baseline.KubernetesVersion

	// Channel is the release channel. Default: ChannelRegular.
	Channel Channel

	// Maintenance is when Google may upgrade the cluster.
	Maintenance Maintenance

	// Network that the cluster stands in.
	Network Network

	// ServiceCIDR is the IPv4 range of services, /27 to /16, in private address space and apart from all others.
	// Default: 10.64.0.0/20.
	ServiceCIDR string

	// ControlPlaneCIDR is a /28 in private address space, apart from all others, that the API server has its address in. It
	// cannot be changed later. Default: 172.16.0.0/28.
	ControlPlaneCIDR string

	// AuthorizedCIDRs are the private IPv4 ranges that may reach the API server beside the nodes and pods: a bastion's, a
	// VPN's. Default: none.
	AuthorizedCIDRs []string

	// PublicCIDRs are the IPv4 ranges that may reach a public address of the API server. Default: none, and no such address.
	// Never in prod, and never the whole world.
	PublicCIDRs []string

	// DataplaneV2 has network policies enforced by GKE's Dataplane V2, Calico by the Calico that GKE installs and keeps. One of
	// them, and a change makes a new cluster. Dataplane V2 needs no kube-proxy, encrypts nothing by itself and writes down
	// denied connections; Calico is the older and takes a second set of pods on each node. Default: Dataplane V2.
	DataplaneV2 bool
	Calico      bool

	// Deployer is the principal that runs Pulumi, as IAM writes it: serviceAccount:<email> or user:<email>. It is whom the
	// cluster's own objects are left to; its rights come from IAM (docs/gke.md). Required.
	Deployer string

	// SecurityDomain is the domain of Google Workspace whose group gke-security-groups holds the groups that roles in the
	// cluster may name. Default: none, and roles name people only.
	SecurityDomain string

	// NodePools are where pods run. Default: one named general.
	NodePools []NodePool

	// ImageRepositories are repositories of Artifact Registry that nodes may pull from, such as
	// europe-west3-docker.pkg.dev/my-project/images. Default: none, and nodes have Google's own images only.
	ImageRepositories []string

	// SecretsKey is a KMS key of your own, in Region, that encrypts Secret objects:
	// projects/<project>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>. GKE's service agent gets the right to use it.
	// Default: a key is made, with rotation, for this cluster alone.
	SecretsKey string

	// KeyRotationDays is how old a key gets, in days, 30 to 365. Default: 90.
	KeyRotationDays int

	// LogRetentionDays is how long logs of the cluster are kept, in days, 90 to 3650. Default: 365.
	LogRetentionDays int

	// GivenAuditConfig says that the project has an audit configuration of container.googleapis.com already, an
	// administrator's or another cluster's: none is made. Without one, nobody writes down who reads Secrets. Default: false.
	GivenAuditConfig bool

	// Labels on everything that can have them: lower-case letters, digits, dashes and underscores. Default: none but ours.
	Labels map[string]string

	// Ephemeral clusters may be destroyed at once, with their keys and logs; of others cluster, keys and logs are protected.
	Ephemeral bool
}

// Environment says how much a cluster matters.
type Environment = rules.Environment

// The environments.
const (
	EnvironmentDev     = rules.EnvironmentDev
	EnvironmentStaging = rules.EnvironmentStaging
	EnvironmentProd    = rules.EnvironmentProd
)

// Channel is a release channel of GKE: how soon versions come.
type Channel string

// The release channels.
const (
	ChannelRapid   Channel = "RAPID"
	ChannelRegular Channel = "REGULAR"
	ChannelStable  Channel = "STABLE"
)

// Maintenance is a window in which Google may upgrade. GKE wants 48 hours in any 32 days, at least four at a time.
type Maintenance struct {
	// Days of the week, as MO, TU, WE, TH, FR, SA and SU. Default: SA and SU.
	Days []string

	// Start is a time of day in UTC, such as 02:00. Default: 02:00.
	Start string

	// Hours is how long the window is, 4 to 24. Default: 6.
	Hours int
}

// Network is the VPC of a cluster: its own, or one that is there already.
type Network struct {
	// CIDR is the IPv4 range of the nodes, /16 to /24, and PodCIDR that of the pods, /10 to /20, each in private address
	// space. Required with SubnetworkID, where they must be those of the subnetwork. Defaults: 10.0.0.0/20 and 10.32.0.0/14.
	CIDR    string
	PodCIDR string

	// Egress is the way out of a network that is made. Default: EgressNone.
	Egress Egress

	// NetworkID and SubnetworkID are a VPC and a subnetwork that are there already, with PodRange and ServiceRange, the names
	// of its secondary ranges. Nothing in them is changed: routes, private Google access and flow logs are yours.
	NetworkID    pulumi.StringInput
	SubnetworkID pulumi.StringInput
	PodRange     string
	ServiceRange string
}

// Given says whether the network is there already.
func (n Network) Given() bool { return n.NetworkID != nil || n.SubnetworkID != nil }

// Egress is a way out of a network.
type Egress string

// The ways out.
const (
	// EgressNone has none: nodes reach the services of Google by private addresses, and nothing else. Images come from Artifact
	// Registry.
	EgressNone Egress = "none"
	// EgressNAT is Cloud NAT, in all zones.
	EgressNAT Egress = "nat"
)

// NodePool is a group of nodes, on Container-Optimized OS.
type NodePool struct {
	// Name of the pool, unique in the cluster: lower-case letters, digits and dashes, at most 13. A suffix is added, so that a
	// pool that must be replaced goes after the new one is there.
	Name string

	// MachineType of the nodes. Default: e2-standard-4.
	MachineType string

	// Min and Max count the nodes of all zones together. Defaults: 3, and Min + 3.
	Min, Max int

	// DiskGiB is the size of the boot disk, in GiB, 20 to 16384. Default: 100.
	DiskGiB int

	// Spot takes capacity that Google may take back within half a minute. Default: false.
	Spot bool

	// Labels of the nodes, and taints. Default: none.
	Labels map[string]string
	Taints []Taint
}

// Taint keeps pods off that do not tolerate it, by Key, Value and Effect: NoSchedule, PreferNoSchedule or NoExecute.
type Taint = rules.Taint

// Production says whether the cluster is one.
func (c Cluster) Production() bool { return c.Environment == EnvironmentProd }

// Private says whether the API server can be reached from inside the network only.
func (c Cluster) Private() bool { return len(c.PublicCIDRs) == 0 }
