package stacks

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// ProviderEKS makes clusters on Amazon EKS.
const ProviderEKS = string(baseline.ProviderEKS)

// EKS is what only a cluster on Amazon EKS has. What is left out has the default of package providers/eks/spec, which also
// says what each setting means.
type EKS struct {
	Account          string            `config:"account"`
	Region           string            `config:"region"`
	Environment      string            `config:"environment"`
	Network          EKSNetwork        `config:"network"`
	PublicCIDRs      []string          `config:"publicCIDRs"`
	Deployer         string            `config:"deployer"`
	Administrators   []string          `config:"administrators"`
	Boundary         string            `config:"permissionsBoundary"`
	NodeGroups       []EKSNodeGroup    `config:"nodeGroups"`
	SecretsKeyARN    string            `config:"secretsKeyARN"`
	KeyRotationDays  int               `config:"keyRotationDays"`
	LogRetentionDays int               `config:"logRetentionDays"`
	AddonVersions    map[string]string `config:"addonVersions"`
	IRSA             bool              `config:"irsa"`
	GuardDuty        bool              `config:"guardDuty"`
	Tags             map[string]string `config:"tags"`
	ImageRegistry    string            `config:"imageRegistry"`
}

// EKSNetwork is the VPC: one of the cluster's own, or one that is there already.
type EKSNetwork struct {
	CIDR    string      `config:"cidr"`
	Zones   []string    `config:"zones"`
	Egress  string      `config:"egress"`
	VPCID   string      `config:"vpcID"`
	Subnets []EKSSubnet `config:"subnets"`
}

// EKSSubnet is a private subnet that is there already.
type EKSSubnet struct {
	Zone string `config:"zone"`
	ID   string `config:"id"`
}

// EKSNodeGroup is a group of nodes.
type EKSNodeGroup struct {
	Name          string            `config:"name"`
	InstanceTypes []string          `config:"instanceTypes"`
	Min           int               `config:"min"`
	Max           int               `config:"max"`
	Desired       int               `config:"desired"`
	DiskGiB       int               `config:"diskGiB"`
	Spot          bool              `config:"spot"`
	Labels        map[string]string `config:"labels"`
	Taints        []Taint           `config:"taints"`
}

// EKSCluster is the cluster of a stack on EKS, as its provider takes it.
func (c Config) EKSCluster() spec.Cluster {
	cluster := spec.Cluster{
		Name: c.Cluster.Name, KubernetesVersion: c.Cluster.KubernetesVersion, ServiceCIDR: c.Cluster.ServiceCIDR,
		Ephemeral: c.Cluster.Ephemeral,
		Account:   c.EKS.Account, Region: c.EKS.Region, Environment: spec.Environment(c.EKS.Environment),
		Network: spec.Network{
			CIDR: c.EKS.Network.CIDR, Zones: c.EKS.Network.Zones, Egress: spec.Egress(c.EKS.Network.Egress),
		},
		PublicCIDRs: c.EKS.PublicCIDRs, Deployer: c.EKS.Deployer, Administrators: c.EKS.Administrators,
		PermissionsBoundary: c.EKS.Boundary, SecretsKeyARN: c.EKS.SecretsKeyARN, KeyRotationDays: c.EKS.KeyRotationDays,
		LogRetentionDays: c.EKS.LogRetentionDays, AddonVersions: c.EKS.AddonVersions,
		IRSA: c.EKS.IRSA, GuardDuty: c.EKS.GuardDuty, Tags: c.EKS.Tags,
	}
	if c.EKS.Network.VPCID != "" {
		cluster.Network.VPCID = pulumi.String(c.EKS.Network.VPCID)
	}
	for _, each := range c.EKS.Network.Subnets {
		subnet := spec.Subnet{Zone: each.Zone}
		if each.ID != "" {
			subnet.ID = pulumi.String(each.ID)
		}
		cluster.Network.Subnets = append(cluster.Network.Subnets, subnet)
	}
	for _, each := range c.EKS.NodeGroups {
		cluster.NodeGroups = append(cluster.NodeGroups, spec.NodeGroup{
			Name: each.Name, InstanceTypes: each.InstanceTypes, Min: each.Min, Max: each.Max, Desired: each.Desired,
			DiskGiB: each.DiskGiB, Spot: each.Spot, Labels: each.Labels, Taints: taints(each.Taints),
		})
	}
	return cluster
}

// eks checks the cluster by the rules of its provider.
func (v *validator) eks() {
	settled := v.config.EKSCluster().WithDefaults(v.config.Cluster.Name)
	v.cloud("eks", settled.Faults())
	own := settled.Account + ".dkr.ecr." + settled.Region + ".amazonaws.com"
	registry := v.config.EKS.ImageRegistry
	switch {
	case registry != "" && !isRegistry(registry):
		v.report("eks.imageRegistry", registry, "is not a registry: write a host, and a path if there is one, such as %s/mirror", own)
	case settled.Network.Egress == spec.EgressNone && !strings.Contains(registry, ".dkr.ecr."):
		v.report("eks.imageRegistry", registry, "is not in ECR, and nodes without a way out (eks.network.egress none) reach no other "+
			"registry: mirror Calico's images (docs/eks.md) and write %s/mirror", own)
	}
}
