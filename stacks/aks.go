package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/aks/spec"
)

// ProviderAKS makes clusters on Azure Kubernetes Service.
const ProviderAKS = string(baseline.ProviderAKS)

// AKS is what only a cluster on Azure Kubernetes Service has. What is left out has the default of package
// providers/aks/spec, which also says what each setting means.
type AKS struct {
	Subscription     string            `config:"subscription"`
	Tenant           string            `config:"tenant"`
	Region           string            `config:"region"`
	Environment      string            `config:"environment"`
	Network          AKSNetwork        `config:"network"`
	PublicCIDRs      []string          `config:"publicCIDRs"`
	AdminGroup       string            `config:"adminGroup"`
	Administrators   []string          `config:"administrators"`
	NodePools        []AKSNodePool     `config:"nodePools"`
	VaultName        string            `config:"vaultName"`
	KeyRotationDays  int               `config:"keyRotationDays"`
	LogRetentionDays int               `config:"logRetentionDays"`
	PublicLogQueries bool              `config:"publicLogQueries"`
	Maintenance      AKSMaintenance    `config:"maintenance"`
	FIPS             bool              `config:"fips"`
	AzurePolicy      bool              `config:"azurePolicy"`
	Defender         bool              `config:"defender"`
	Tags             map[string]string `config:"tags"`
}

// AKSNetwork is the virtual network: one of the cluster's own, or one that is there already.
type AKSNetwork struct {
	CIDR              string `config:"cidr"`
	PodCIDR           string `config:"podCIDR"`
	Egress            string `config:"egress"`
	FirewallIP        string `config:"firewallIP"`
	NodeSubnetID      string `config:"nodeSubnetID"`
	APIServerSubnetID string `config:"apiServerSubnetID"`
}

// AKSNodePool is a group of nodes.
type AKSNodePool struct {
	Name    string            `config:"name"`
	VMSize  string            `config:"vmSize"`
	Min     int               `config:"min"`
	Max     int               `config:"max"`
	Zones   []int             `config:"zones"`
	DiskGiB int               `config:"diskGiB"`
	Spot    bool              `config:"spot"`
	Labels  map[string]string `config:"labels"`
	Taints  []Taint           `config:"taints"`
}

// AKSMaintenance is when AKS may change the cluster by itself.
type AKSMaintenance struct {
	Day   string `config:"day"`
	Start string `config:"start"`
	Hours int    `config:"hours"`
}

// AKSCluster is the cluster of a stack on AKS, as its provider takes it.
func (c Config) AKSCluster() spec.Cluster {
	cluster := spec.Cluster{
		Name: c.Cluster.Name, KubernetesVersion: c.Cluster.KubernetesVersion, ServiceCIDR: c.Cluster.ServiceCIDR,
		Ephemeral:    c.Cluster.Ephemeral,
		Subscription: c.AKS.Subscription, Tenant: c.AKS.Tenant, Region: c.AKS.Region,
		Environment: spec.Environment(c.AKS.Environment),
		Network: spec.Network{
			CIDR: c.AKS.Network.CIDR, PodCIDR: c.AKS.Network.PodCIDR, Egress: spec.Egress(c.AKS.Network.Egress),
			FirewallIP: c.AKS.Network.FirewallIP,
		},
		PublicCIDRs: c.AKS.PublicCIDRs, AdminGroup: c.AKS.AdminGroup, Administrators: c.AKS.Administrators,
		VaultName: c.AKS.VaultName, KeyRotationDays: c.AKS.KeyRotationDays, LogRetentionDays: c.AKS.LogRetentionDays,
		PublicLogQueries: c.AKS.PublicLogQueries, Maintenance: spec.Maintenance(c.AKS.Maintenance),
		FIPS: c.AKS.FIPS, AzurePolicy: c.AKS.AzurePolicy, Defender: c.AKS.Defender, Tags: c.AKS.Tags,
	}
	if id := c.AKS.Network.NodeSubnetID; id != "" {
		cluster.Network.NodeSubnetID = pulumi.String(id)
	}
	if id := c.AKS.Network.APIServerSubnetID; id != "" {
		cluster.Network.APIServerSubnetID = pulumi.String(id)
	}
	for _, each := range c.AKS.NodePools {
		cluster.NodePools = append(cluster.NodePools, spec.NodePool{
			Name: each.Name, VMSize: each.VMSize, Min: each.Min, Max: each.Max, Zones: each.Zones, DiskGiB: each.DiskGiB,
			Spot: each.Spot, Labels: each.Labels, Taints: taints(each.Taints),
		})
	}
	return cluster
}

// aks checks the cluster by the rules of its provider.
func (v *validator) aks() {
	v.cloud("aks", v.config.AKSCluster().WithDefaults(v.config.Cluster.Name).Faults())
}
