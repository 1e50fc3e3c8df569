package spec

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Cluster describes a hardened EKS cluster. Fields are plain where they decide what exists, which must be known at
// preview. The zero value of a field means its default.
type Cluster struct {
	// Name of the cluster, 1 to 40 letters, digits, dashes and underscores: names of roles are made of it. Default: the
	// resource's name.
	Name string

	// Account is the number of the AWS account, 12 digits, and Region one of its regions, such as eu-central-1. Nothing is
	// made in any other account: a login to the wrong one is an error. Required.
	Account string
	Region  string

	// Environment says how much the cluster matters: dev, staging or prod. In prod the API server has no public address.
	// Nothing else about the controls depends on it. Default: prod.
	Environment Environment

	// KubernetesVersion is one of Versions. Default: the newest of them.
	KubernetesVersion baseline.KubernetesVersion

	// Network that the cluster stands in.
	Network Network

	// ServiceCIDR is the IPv4 range of services, /24 to /12, in private address space and apart from the network's.
	// Default: 172.20.0.0/16.
	ServiceCIDR string

	// PublicCIDRs are the IPv4 ranges that may reach a public address of the API server. Default: none, and no such address.
	// Never in prod, and never the whole world.
	PublicCIDRs []string

	// Deployer is the ARN of the IAM role that runs Pulumi. It is the cluster's first administrator: EKS makes nobody one in
	// secret. Required.
	Deployer string

	// PermissionsBoundary is the ARN of a policy in the account, which every role of the cluster gets as the most that it can ever
	// be allowed, whoever gives it rights (docs/eks-permissions-boundary.json). The deployer of docs/eks-deployer-policy.json makes
	// no role without. Default: none.
	PermissionsBoundary string

	// Administrators are ARNs of IAM roles that may do everything in the cluster beside the Deployer, for example one that
	// people take in an emergency. Default: none.
	Administrators []string

	// NodeGroups are where pods run. Default: one named general.
	NodeGroups []NodeGroup

	// SecretsKeyARN is a KMS key of your own, in Region, that encrypts Secret objects. It cannot be changed later. Default: a
	// key is made, with rotation, for this cluster alone.
	SecretsKeyARN string

	// KeyRotationDays is how old a key gets, in days, 90 to 2560. Default: 365.
	KeyRotationDays int

	// LogRetentionDays is how long logs of the control plane and of the network are kept; CloudWatch knows certain numbers of
	// days. At least 90. Default: 365.
	LogRetentionDays int

	// AddonVersions are versions of add-ons, by their names, that replace those of Version.Addons. Default: none.
	AddonVersions map[string]string

	// IRSA makes the OIDC provider with which roles of IAM trust service accounts by their tokens. Pod Identity is there in any
	// case, and should be preferred. Default: false.
	IRSA bool

	// GuardDuty gives the runtime monitoring of GuardDuty its endpoint in the network and its agent on the nodes. GuardDuty
	// itself belongs to the account and must be on. Default: false.
	GuardDuty bool

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

// Network is the VPC of a cluster: its own, or one that is there already.
type Network struct {
	// CIDR is the IPv4 range of the VPC, /16 to /20, in private address space. Required with VPCID, where it must be that of
	// the VPC. Default: 10.0.0.0/16.
	CIDR string

	// Zones are the availability zones of a network that is made, at least two, such as eu-central-1a. Required without VPCID.
	Zones []string

	// Egress is the way out of the private subnets of a network that is made. Default: EgressNone.
	Egress Egress

	// VPCID is a VPC that is there already, and Subnets are its private subnets for the cluster. Nothing in it is changed: its
	// routes, endpoints and flow logs are yours.
	VPCID   pulumi.StringInput
	Subnets []Subnet
}

// Subnet is one that is there already.
type Subnet struct {
	// Zone is its availability zone, which must be known at preview.
	Zone string
	ID   pulumi.StringInput
}

// Given says whether the network is there already.
func (n Network) Given() bool { return n.VPCID != nil }

// Egress is a way out of private subnets.
type Egress string

// The ways out.
const (
	// EgressNone has none: nodes reach the services of AWS by endpoints in the VPC, and nothing else. Images come from ECR.
	EgressNone Egress = "none"
	// EgressNAT is one NAT gateway: if its zone fails, the others have no way out.
	EgressNAT Egress = "nat"
	// EgressNATPerZone is a NAT gateway in each zone.
	EgressNATPerZone Egress = "nat-per-zone"
)

// NodeGroup is a group of nodes that EKS manages, on Bottlerocket.
type NodeGroup struct {
	// Name of the group, unique in the cluster: lower-case letters, digits and dashes, at most 40.
	Name string

	// InstanceTypes are tried in their order. All are of one architecture. Default: m7i.large.
	InstanceTypes []string

	// Min, Max and Desired count nodes. Desired is where a group starts; later an autoscaler may have changed it.
	// Defaults: 2, Min + 2, and Min.
	Min, Max, Desired int

	// DiskGiB is the size of the volume for images and containers, in GiB, 20 to 16384. Default: 80.
	DiskGiB int

	// Spot takes capacity that AWS may take back within two minutes. Default: false.
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
