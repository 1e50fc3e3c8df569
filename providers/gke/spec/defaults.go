package spec

import (
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Defaults of Cluster.
const (
	DefaultCIDR             = "10.0.0.0/20"
	DefaultPodCIDR          = "10.32.0.0/14"
	DefaultServiceCIDR      = "10.64.0.0/20"
	DefaultControlPlaneCIDR = "172.16.0.0/28"
	DefaultMachineType      = "e2-standard-4"
	DefaultDiskGiB          = 100
	DefaultMinNodes         = 3
	DefaultKeyRotationDays  = 90
	DefaultLogRetentionDays = 365
	DefaultWindowStart      = "02:00"
	DefaultWindowHours      = 6
)

// WithDefaults returns a copy in which every field that has a default is set.
func (c Cluster) WithDefaults(resourceName string) Cluster {
	rules.Default(&c.Name, resourceName)
	rules.Default(&c.Environment, EnvironmentProd)
	rules.Default(&c.KubernetesVersion, Versions()[0].Kubernetes)
	rules.Default(&c.Channel, ChannelRegular)
	rules.Default(&c.ServiceCIDR, DefaultServiceCIDR)
	rules.Default(&c.ControlPlaneCIDR, DefaultControlPlaneCIDR)
	rules.Default(&c.KeyRotationDays, DefaultKeyRotationDays)
	rules.Default(&c.LogRetentionDays, DefaultLogRetentionDays)
	rules.Default(&c.Maintenance.Start, DefaultWindowStart)
	rules.Default(&c.Maintenance.Hours, DefaultWindowHours)
	if len(c.Maintenance.Days) == 0 {
		c.Maintenance.Days = []string{"SA", "SU"}
	}
	if !c.Calico {
		c.DataplaneV2 = true
	}
	if !c.Network.Given() {
		rules.Default(&c.Network.CIDR, DefaultCIDR)
		rules.Default(&c.Network.PodCIDR, DefaultPodCIDR)
		rules.Default(&c.Network.Egress, EgressNone)
	}
	rules.DefaultEach(&c.NodePools, NodePool{Name: "general"}, (*NodePool).setDefaults)
	return c
}

func (p *NodePool) setDefaults() {
	rules.Default(&p.MachineType, DefaultMachineType)
	rules.Default(&p.Min, DefaultMinNodes)
	rules.Default(&p.Max, p.Min+3)
	rules.Default(&p.DiskGiB, DefaultDiskGiB)
}
