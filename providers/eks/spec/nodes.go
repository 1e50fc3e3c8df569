package spec

import (
	"fmt"
	"regexp"
	"slices"
)

// instanceType is a family with its generation and attributes, and a size: m7i.large, c7gn.4xlarge, u-6tb1.metal.
var instanceType = regexp.MustCompile(`^([a-z][a-z0-9-]*[0-9][a-z0-9-]*)\.([a-z0-9-]+)$`)

// arm says whether an instance type's processor is one of AWS's own, which are of the architecture arm64: its family has a
// g behind the generation.
var arm = regexp.MustCompile(`^[a-z]+[0-9]+g[a-z0-9-]*\.`)

// ARM says whether the group's nodes are of the architecture arm64.
func (g NodeGroup) ARM() bool { return len(g.InstanceTypes) > 0 && arm.MatchString(g.InstanceTypes[0]) }

func (c *checker) nodeGroups() {
	for i, group := range c.cluster.NodeGroups {
		at := fmt.Sprintf("nodeGroups[%d].", i)
		earlier := slices.ContainsFunc(c.cluster.NodeGroups[:i], func(other NodeGroup) bool { return other.Name == group.Name })
		switch {
		case !groupName.MatchString(group.Name):
			c.Report(at+"name", group.Name, "is no name of a node group", "use at most 40 lower-case letters, digits and dashes")
		case earlier:
			c.Report(at+"name", group.Name, "is the name of another node group", "choose another one")
		}
		c.instanceTypes(at, group)
		if group.Min < 0 || group.Min > group.Desired || group.Desired > group.Max || group.Max > 450 {
			c.Report(at+"min", fmt.Sprintf("%d, desired %d, max %d", group.Min, group.Desired, group.Max), "are no sizes of a node group",
				"use 0 <= min <= desired <= max <= 450")
		}
		if group.DiskGiB < 20 || group.DiskGiB > 16384 {
			c.Report(at+"diskGiB", group.DiskGiB, "is out of range", "use 20 to 16384")
		}
		c.Marks(at, group.Taints, group.Labels, "eks.amazonaws.com")
	}
}

func (c *checker) instanceTypes(at string, group NodeGroup) {
	for j, each := range group.InstanceTypes {
		field := fmt.Sprintf("%sinstanceTypes[%d]", at, j)
		switch {
		case !instanceType.MatchString(each):
			c.Report(field, each, "is no type of an EC2 instance", "write one such as %s", DefaultInstanceType)
		case arm.MatchString(each) != group.ARM():
			c.Report(field, each, "is of another architecture than "+group.InstanceTypes[0], "put it into a node group of its own")
		}
	}
}
