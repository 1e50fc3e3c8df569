package spec

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Cluster describes a hardened AKS cluster. Fields are plain where they decide what exists, which must be known at
// preview. The zero value of a field means its default.
type Cluster struct {
	// Name of the cluster and of its resource group, 1 to 40 letters, digits, dashes and underscores. Default: the
	// resource's name.
	Name string

	// Subscription and Tenant are the identifiers (UUIDs) of the subscription that everything is made in and of its
	// directory, and Region is one of Azure's, such as germanywestcentral. A login to another subscription is not used.
	// Required.
	Subscription string
	Tenant       string
	Region       string

	// Environment says how much the cluster matters: dev, staging or prod. In prod the API server has no public address.
	// Nothing else about the controls depends on it. Default: prod.
	Environment Environment

	// KubernetesVersion is one of Versions. Default: the newest of them.
	KubernetesVersion baseline.KubernetesVersion

	// Network that the cluster stands in.
	Network Network

	// ServiceCIDR is the IPv4 range of services, /24 to /12, in private address space and apart from the others.
	// Default: 172.20.0.0/16.
	ServiceCIDR string

	// PublicCIDRs are the IPv4 ranges that may reach a public address of the API server. Default: none, and no such address.
	// Never in prod, and never the whole world.
	PublicCIDRs []string

	// AdminGroup is the identifier (a UUID) of the group in Entra ID whose members are the cluster's administrators. Whoever
	// runs Pulumi must be in it: there are no local accounts. Required.
	AdminGroup string

	// Administrators are further groups that may do everything in the cluster. Default: none.
	Administrators []string

	// NodePools are where pods run. The first is the system pool, which must not be on spot capacity and must keep a node.
	// Default: one named system.
	NodePools []NodePool

	// VaultName is the name of the key vault, 3 to 24 letters, digits and dashes, unique in all of Azure. A vault that is
	// deleted keeps its name for 90 days. Default: made of the cluster's name and a digest of subscription and name.
	VaultName string

	// KeyRotationDays is how old the key of the disks gets before it is rotated, in days, 28 to 730. The key of Secrets is
	// rotated by hand: AKS is told a version of it. Default: 365.
	KeyRotationDays int

	// LogRetentionDays is how long logs of the control plane and of the vault are kept, 90 to 730 days. Default: 365.
	LogRetentionDays int

	// PublicLogQueries has the logs answer questions from every network, for whoever Entra ID lets in: the portal and the
	// command line can then ask from anywhere. Default: false, and they answer through an Azure Monitor Private Link Scope
	// that you have, and nowhere else.
	PublicLogQueries bool

	// Maintenance is when AKS may change the cluster by itself.
	Maintenance Maintenance

	// FIPS puts nodes on a system whose cryptography is validated by FIPS 140. It cannot be changed later. Default: false.
	FIPS bool

	// AzurePolicy installs the add-on of Azure Policy, which enforces policies that the subscription assigns. Default: false.
	AzurePolicy bool

	// Defender installs the sensor of Defender for Containers, which must be on in the subscription. Default: false.
	Defender bool

	// Tags on everything that can have them. Default: none but ours.
	Tags map[string]string

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

// Network is the virtual network of a cluster: its own, or one that is there already.
type Network struct {
	// CIDR is the IPv4 range of the virtual network, /16 to /22, in private address space. With subnets that are there
	// already it must be that of their network. Default: 10.0.0.0/16.
	CIDR string

	// PodCIDR is the range that pods have addresses of, /12 to /20: an overlay, which only the cluster knows. Default:
	// 10.244.0.0/16.
	PodCIDR string

	// Egress is the way out of the nodes' subnet. In a network that is there already it says what that subnet has.
	// Default: EgressNAT.
	Egress Egress

	// FirewallIP is the private address that EgressFirewall sends everything to, in a network that is made: a firewall in
	// a network that is peered with this one.
	FirewallIP string

	// NodeSubnetID and APIServerSubnetID are subnets that are there already. The second is at least a /28, holds nothing
	// else, and is delegated to Microsoft.ContainerService/managedClusters. Nothing in them is changed.
	NodeSubnetID, APIServerSubnetID pulumi.StringInput
}

// Given says whether the network is there already.
func (n Network) Given() bool { return n.NodeSubnetID != nil || n.APIServerSubnetID != nil }

// Egress is a way out of a subnet. AKS has none without: nodes start with images and packages of Microsoft's.
type Egress string

// The ways out.
const (
	// EgressNAT is a NAT gateway.
	EgressNAT Egress = "nat"
	// EgressFirewall is a route to a firewall, which lets through what AKS needs and what the workloads may have.
	EgressFirewall Egress = "firewall"
)

// NodePool is a group of nodes that AKS manages, on Azure Linux.
type NodePool struct {
	// Name of the pool, unique in the cluster: 1 to 12 lower-case letters and digits, a letter first.
	Name string

	// VMSize is the type of machine. It must be able to encrypt at the host and to start securely (generation 2). Default:
	// Standard_D4ds_v5.
	VMSize string

	// Min and Max count nodes, between which AKS scales. Defaults: 2, and Min + 2.
	Min, Max int

	// Zones are the availability zones, 1 to 3. Default: all three.
	Zones []int

	// DiskGiB is the size of the disk of a node, in GiB, 30 to 2048. Default: 128.
	DiskGiB int

	// Spot takes capacity that Azure may take back at any time. Default: false.
	Spot bool

	// Labels of the nodes, and taints. Default: none.
	Labels map[string]string
	Taints []Taint
}

// Taint keeps pods off that do not tolerate it, by Key, Value and Effect: NoSchedule, PreferNoSchedule or NoExecute.
type Taint = rules.Taint

// Maintenance is a window of time, once a week, for patches of Kubernetes and of the nodes' images.
type Maintenance struct {
	// Day is a day of the week. Default: Sunday.
	Day string

	// Start is when the window opens, as hh:mm in UTC. Default: 01:00.
	Start string

	// Hours is how long it is open, 4 to 24. Default: 6.
	Hours int
}

// Production says whether the cluster is one.
func (c Cluster) Production() bool { return c.Environment == EnvironmentProd }

// Private says whether the API server can be reached from inside the network only.
func (c Cluster) Private() bool { return len(c.PublicCIDRs) == 0 }
