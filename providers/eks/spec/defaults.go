package spec

import (
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Defaults of Cluster.
const (
	DefaultCIDR             = "10.0.0.0/16"
	DefaultServiceCIDR      = "172.20.0.0/16"
	DefaultInstanceType     = "m7i.large"
	DefaultDiskGiB          = 80
	DefaultMinNodes         = 2
	DefaultKeyRotationDays  = 365
	DefaultLogRetentionDays = 365
)

// WithDefaults returns a copy in which every field that has a default is set.
func (c Cluster) WithDefaults(resourceName string) Cluster {
	rules.Default(&c.Name, resourceName)
	rules.Default(&c.Environment, EnvironmentProd)
	rules.Default(&c.KubernetesVersion, Versions()[0].Kubernetes)
	rules.Default(&c.ServiceCIDR, DefaultServiceCIDR)
	rules.Default(&c.KeyRotationDays, DefaultKeyRotationDays)
	rules.Default(&c.LogRetentionDays, DefaultLogRetentionDays)
	if !c.Network.Given() {
		rules.Default(&c.Network.CIDR, DefaultCIDR)
		rules.Default(&c.Network.Egress, EgressNone)
	}
	rules.DefaultEach(&c.NodeGroups, NodeGroup{Name: "general"}, (*NodeGroup).setDefaults)
	return c
}

func (g *NodeGroup) setDefaults() {
	if len(g.InstanceTypes) == 0 {
		g.InstanceTypes = []string{DefaultInstanceType}
	}
	rules.Default(&g.Min, DefaultMinNodes)
	rules.Default(&g.Max, g.Min+2)
	rules.Default(&g.Desired, g.Min)
	rules.Default(&g.DiskGiB, DefaultDiskGiB)
}
