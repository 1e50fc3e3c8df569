package spec

import "slices"

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
	setDefault(&c.Name, resourceName)
	setDefault(&c.Environment, EnvironmentProd)
	setDefault(&c.KubernetesVersion, Versions()[0])
	setDefault(&c.Channel, ChannelRegular)
	setDefault(&c.ServiceCIDR, DefaultServiceCIDR)
	setDefault(&c.ControlPlaneCIDR, DefaultControlPlaneCIDR)
	setDefault(&c.KeyRotationDays, DefaultKeyRotationDays)
	setDefault(&c.LogRetentionDays, DefaultLogRetentionDays)
	setDefault(&c.Maintenance.Start, DefaultWindowStart)
	setDefault(&c.Maintenance.Hours, DefaultWindowHours)
	if len(c.Maintenance.Days) == 0 {
		c.Maintenance.Days = []string{"SA", "SU"}
	}
	if !c.Calico {
		c.DataplaneV2 = true
	}
	if !c.Network.Given() {
		setDefault(&c.Network.CIDR, DefaultCIDR)
		setDefault(&c.Network.PodCIDR, DefaultPodCIDR)
		setDefault(&c.Network.Egress, EgressNone)
	}
	if len(c.NodePools) == 0 {
		c.NodePools = []NodePool{{Name: "general"}}
	}
	c.NodePools = slices.Clone(c.NodePools)
	for i := range c.NodePools {
		c.NodePools[i].setDefaults()
	}
	return c
}

func (p *NodePool) setDefaults() {
	setDefault(&p.MachineType, DefaultMachineType)
	setDefault(&p.Min, DefaultMinNodes)
	setDefault(&p.Max, p.Min+3)
	setDefault(&p.DiskGiB, DefaultDiskGiB)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
