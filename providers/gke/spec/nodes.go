package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	poolName    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,11}[a-z0-9])?$`)
	machineType = regexp.MustCompile(`^[a-z][a-z0-9]*-[a-z0-9]+(-[a-z0-9]+)*$`)
)

// mostNodes is what a regional pool of GKE takes in three zones.
const mostNodes = 3000

func (c *checker) nodePools() {
	for i, pool := range c.cluster.NodePools {
		at := fmt.Sprintf("nodePools[%d].", i)
		earlier := slices.ContainsFunc(c.cluster.NodePools[:i], func(other NodePool) bool { return other.Name == pool.Name })
		switch {
		case !poolName.MatchString(pool.Name):
			c.Report(at+"name", pool.Name, "is no name of a node pool",
				"use at most 13 lower-case letters, digits and dashes: GKE adds 27 to it, and takes 40")
		case earlier:
			c.Report(at+"name", pool.Name, "is the name of another node pool", "choose another one")
		}
		switch {
		case !machineType.MatchString(pool.MachineType):
			c.Report(at+"machineType", pool.MachineType, "is no machine type", "write one such as %s", DefaultMachineType)
		case strings.HasPrefix(pool.MachineType, "f1-") || strings.HasPrefix(pool.MachineType, "g1-") || pool.MachineType == "e2-micro":
			c.Report(at+"machineType", pool.MachineType, "is too small for a node of GKE", "write one such as %s", DefaultMachineType)
		}
		if pool.Min < 0 || pool.Min > pool.Max || pool.Max > mostNodes {
			c.Report(at+"min", fmt.Sprintf("%d, max %d", pool.Min, pool.Max), "are no sizes of a node pool",
				"use 0 <= min <= max <= %d", mostNodes)
		}
		if pool.DiskGiB < 20 || pool.DiskGiB > 16384 {
			c.Report(at+"diskGiB", pool.DiskGiB, "is out of range", "use 20 to 16384")
		}
		c.Marks(at, pool.Taints, pool.Labels)
	}
}
