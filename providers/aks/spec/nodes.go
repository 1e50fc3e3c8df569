package spec

import (
	"fmt"
	"regexp"
	"slices"
)

var (
	poolName = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)
	vmSize   = regexp.MustCompile(`^Standard_[A-Z][A-Za-z0-9-]*(_[A-Za-z0-9]+)*$`)
)

func (c *checker) nodePools() {
	for i, pool := range c.cluster.NodePools {
		at := fmt.Sprintf("nodePools[%d].", i)
		earlier := slices.ContainsFunc(c.cluster.NodePools[:i], func(other NodePool) bool { return other.Name == pool.Name })
		switch {
		case !poolName.MatchString(pool.Name):
			c.Report(at+"name", pool.Name, "is no name of a node pool", "use at most 12 lower-case letters and digits, a letter first")
		case earlier:
			c.Report(at+"name", pool.Name, "is the name of another node pool", "choose another one")
		}
		c.machines(at, pool)
		if i == 0 {
			c.systemPool(at, pool)
		}
		c.Marks(at, pool.Taints, pool.Labels, "kubernetes.azure.com")
	}
}

func (c *checker) machines(at string, pool NodePool) {
	if !vmSize.MatchString(pool.VMSize) {
		c.Report(at+"vmSize", pool.VMSize, "is no size of a virtual machine", "write one such as %s", DefaultVMSize)
	}
	if pool.Min < 1 || pool.Min > pool.Max || pool.Max > 1000 {
		c.Report(at+"min", fmt.Sprintf("%d, max %d", pool.Min, pool.Max), "are no sizes of a node pool", "use 1 <= min <= max <= 1000")
	}
	if pool.DiskGiB < 30 || pool.DiskGiB > 2048 {
		c.Report(at+"diskGiB", pool.DiskGiB, "is out of range", "use 30 to 2048")
	}
	for j, zone := range pool.Zones {
		field := fmt.Sprintf("%szones[%d]", at, j)
		switch {
		case zone < 1 || zone > 3:
			c.Report(field, zone, "is no zone", "use 1, 2 and 3")
		case slices.Contains(pool.Zones[:j], zone):
			c.Report(field, zone, "is there twice", "name another zone")
		}
	}
	if len(pool.Zones) == 1 && c.cluster.Production() {
		c.Report(at+"zones", pool.Zones, "is one zone: if it fails, it takes all nodes of the pool", "name two or three")
	}
}

// systemPool holds the first pool, on which the cluster's own pods run.
func (c *checker) systemPool(at string, pool NodePool) {
	if pool.Spot {
		c.Report(at+"spot", pool.Spot, "puts the cluster's own pods on capacity that Azure takes back",
			"make it another pool, after this one")
	}
	if len(pool.Taints) > 0 {
		c.Report(at+"taints", len(pool.Taints), "keep the cluster's own pods off their pool", "taint another pool")
	}
}
