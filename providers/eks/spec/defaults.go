package spec

import "slices"

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
	setDefault(&c.Name, resourceName)
	setDefault(&c.Environment, EnvironmentProd)
	setDefault(&c.KubernetesVersion, Versions()[0].Kubernetes)
	setDefault(&c.ServiceCIDR, DefaultServiceCIDR)
	setDefault(&c.KeyRotationDays, DefaultKeyRotationDays)
	setDefault(&c.LogRetentionDays, DefaultLogRetentionDays)
	if !c.Network.Given() {
		setDefault(&c.Network.CIDR, DefaultCIDR)
		setDefault(&c.Network.Egress, EgressNone)
	}
	if len(c.NodeGroups) == 0 {
		c.NodeGroups = []NodeGroup{{Name: "general"}}
	}
	c.NodeGroups = slices.Clone(c.NodeGroups)
	for i := range c.NodeGroups {
		c.NodeGroups[i].setDefaults()
	}
	return c
}

func (g *NodeGroup) setDefaults() {
	if len(g.InstanceTypes) == 0 {
		g.InstanceTypes = []string{DefaultInstanceType}
	}
	setDefault(&g.Min, DefaultMinNodes)
	setDefault(&g.Max, g.Min+2)
	setDefault(&g.Desired, g.Min)
	setDefault(&g.DiskGiB, DefaultDiskGiB)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
