package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/gke/spec"
)

// ProviderGKE makes clusters on Google Kubernetes Engine.
const ProviderGKE = string(baseline.ProviderGKE)

// GKE is what only a cluster on Google Kubernetes Engine has. What is left out has the default of package
// providers/gke/spec, which also says what each setting means.
type GKE struct {
	Project           string            `config:"project"`
	ProjectNumber     string            `config:"projectNumber"`
	Region            string            `config:"region"`
	Zones             []string          `config:"zones"`
	Environment       string            `config:"environment"`
	Channel           string            `config:"channel"`
	Maintenance       GKEMaintenance    `config:"maintenance"`
	Network           GKENetwork        `config:"network"`
	ControlPlaneCIDR  string            `config:"controlPlaneCIDR"`
	AuthorizedCIDRs   []string          `config:"authorizedCIDRs"`
	PublicCIDRs       []string          `config:"publicCIDRs"`
	DataplaneV2       bool              `config:"dataplaneV2"`
	Calico            bool              `config:"calico"`
	Deployer          string            `config:"deployer"`
	SecurityDomain    string            `config:"securityDomain"`
	NodePools         []GKENodePool     `config:"nodePools"`
	ImageRepositories []string          `config:"imageRepositories"`
	SecretsKey        string            `config:"secretsKey"`
	KeyRotationDays   int               `config:"keyRotationDays"`
	LogRetentionDays  int               `config:"logRetentionDays"`
	GivenAuditConfig  bool              `config:"givenAuditConfig"`
	Labels            map[string]string `config:"labels"`
}

// GKEMaintenance is when Google may upgrade.
type GKEMaintenance struct {
	Days  []string `config:"days"`
	Start string   `config:"start"`
	Hours int      `config:"hours"`
}

// GKENetwork is the VPC: one of the cluster's own, or one that is there already.
type GKENetwork struct {
	CIDR         string `config:"cidr"`
	PodCIDR      string `config:"podCIDR"`
	Egress       string `config:"egress"`
	NetworkID    string `config:"networkID"`
	SubnetworkID string `config:"subnetworkID"`
	PodRange     string `config:"podRange"`
	ServiceRange string `config:"serviceRange"`
}

// GKENodePool is a group of nodes.
type GKENodePool struct {
	Name        string            `config:"name"`
	MachineType string            `config:"machineType"`
	Min         int               `config:"min"`
	Max         int               `config:"max"`
	DiskGiB     int               `config:"diskGiB"`
	Spot        bool              `config:"spot"`
	Labels      map[string]string `config:"labels"`
	Taints      []Taint           `config:"taints"`
}

// GKECluster is the cluster of a stack on GKE, as its provider takes it.
func (c Config) GKECluster() spec.Cluster {
	g := c.GKE
	cluster := spec.Cluster{
		Name: c.Cluster.Name, KubernetesVersion: c.Cluster.KubernetesVersion, ServiceCIDR: c.Cluster.ServiceCIDR,
		Ephemeral: c.Cluster.Ephemeral,
		Project:   g.Project, ProjectNumber: g.ProjectNumber, Region: g.Region, Zones: g.Zones,
		Environment: spec.Environment(g.Environment), Channel: spec.Channel(g.Channel), Maintenance: spec.Maintenance(g.Maintenance),
		Network: spec.Network{
			CIDR: g.Network.CIDR, PodCIDR: g.Network.PodCIDR, Egress: spec.Egress(g.Network.Egress),
			PodRange: g.Network.PodRange, ServiceRange: g.Network.ServiceRange,
		},
		ControlPlaneCIDR: g.ControlPlaneCIDR, AuthorizedCIDRs: g.AuthorizedCIDRs, PublicCIDRs: g.PublicCIDRs,
		DataplaneV2: g.DataplaneV2, Calico: g.Calico, Deployer: g.Deployer, SecurityDomain: g.SecurityDomain,
		ImageRepositories: g.ImageRepositories, SecretsKey: g.SecretsKey, KeyRotationDays: g.KeyRotationDays,
		LogRetentionDays: g.LogRetentionDays, GivenAuditConfig: g.GivenAuditConfig, Labels: g.Labels,
	}
	if g.Network.NetworkID != "" {
		cluster.Network.NetworkID = pulumi.String(g.Network.NetworkID)
	}
	if g.Network.SubnetworkID != "" {
		cluster.Network.SubnetworkID = pulumi.String(g.Network.SubnetworkID)
	}
	for _, each := range g.NodePools {
		cluster.NodePools = append(cluster.NodePools, spec.NodePool{
			Name: each.Name, MachineType: each.MachineType, Min: each.Min, Max: each.Max, DiskGiB: each.DiskGiB,
			Spot: each.Spot, Labels: each.Labels, Taints: taints(each.Taints),
		})
	}
	return cluster
}

// gke checks the cluster by the rules of its provider.
func (v *validator) gke() {
	v.cloud("gke", v.config.GKECluster().WithDefaults(v.config.Cluster.Name).Faults())
}
