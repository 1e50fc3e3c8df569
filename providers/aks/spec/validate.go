package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	clusterName = regexp.MustCompile(`^[0-9A-Za-z]([A-Za-z0-9_-]{0,38}[A-Za-z0-9])?$`)
	uuid        = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	region      = regexp.MustCompile(`^[a-z]+[a-z0-9]*$`)
	vault       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$`)
)

const (
	shortestRetention, longestRetention = 90, 730
	shortestRotation, longestRotation   = 28, 730
	shortestWindow, longestWindow       = 4, 24
)

func (c *checker) identity() {
	if !clusterName.MatchString(c.cluster.Name) {
		c.Report("name", c.cluster.Name, "is no name of an AKS cluster", "use 1 to 40 letters, digits, dashes and underscores")
	}
	c.identifier("subscription", c.cluster.Subscription, "the subscription")
	c.identifier("tenant", c.cluster.Tenant, "the directory")
	if !region.MatchString(c.cluster.Region) {
		c.Report("region", c.cluster.Region, "is no region of Azure", "write one such as germanywestcentral")
	}
	c.Environment(c.cluster.Environment)
	for key, value := range c.cluster.Tags {
		if key == "" || len(key) > 512 || len(value) > 256 || strings.ContainsAny(key, `<>%&\?/`) {
			c.Report("tags", key, "is no tag of Azure", `use 1 to 512 letters but none of <>%%&\?/, and a value of at most 256`)
		}
	}
}

func (c *checker) identifier(field, value, of string) {
	if !uuid.MatchString(value) {
		c.Report(field, value, "is no identifier of "+of, "write it in lower case, as 00000000-0000-0000-0000-000000000000 is")
	}
}

func (c *checker) version() {
	if _, known := Of(c.cluster.KubernetesVersion); known {
		return
	}
	var names []string
	for _, each := range Versions() {
		names = append(names, string(each.Kubernetes))
	}
	c.Report("kubernetesVersion", c.cluster.KubernetesVersion, "is not supported on AKS", "use one of %s", strings.Join(names, ", "))
}

// endpoint holds the public address of the API server, if there is to be one.
func (c *checker) endpoint() {
	c.Public(c.cluster.Production(), c.cluster.PublicCIDRs, "docs/aks.md", "remove it")
}

// administrators holds those who get into the cluster.
func (c *checker) administrators() {
	if c.cluster.AdminGroup == "" {
		c.Report("adminGroup", "", "is missing: nobody would be the cluster's administrator",
			"name the group in Entra ID that whoever runs Pulumi is in")
	} else {
		c.identifier("adminGroup", c.cluster.AdminGroup, "a group in Entra ID")
	}
	for i, group := range c.cluster.Administrators {
		field := fmt.Sprintf("administrators[%d]", i)
		if group == c.cluster.AdminGroup || slices.Contains(c.cluster.Administrators[:i], group) {
			c.Report(field, group, "is an administrator already", "remove it")
			continue
		}
		c.identifier(field, group, "a group in Entra ID")
	}
}

func (c *checker) keysAndLogs() {
	if name := c.cluster.VaultName; !vault.MatchString(name) || strings.Contains(name, "--") {
		c.Report("vaultName", name, "is no name of a key vault",
			"use 3 to 24 letters, digits and single dashes, a letter first and no dash last")
	}
	if days := c.cluster.KeyRotationDays; days < shortestRotation || days > longestRotation {
		c.Report("keyRotationDays", days, "is out of range", "use %d to %d", shortestRotation, longestRotation)
	}
	if days := c.cluster.LogRetentionDays; days < shortestRetention || days > longestRetention {
		c.Report("logRetentionDays", days, "is not a time that Log Analytics keeps logs for, or too short",
			"use %d to %d", shortestRetention, longestRetention)
	}
}

func (c *checker) maintenance() {
	window := c.cluster.Maintenance
	days := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	if !slices.Contains(days, window.Day) {
		c.Report("maintenance.day", window.Day, "is no day of the week", "use one of %s", strings.Join(days, ", "))
	}
	if _, err := time.Parse("15:04", window.Start); err != nil || len(window.Start) != len("00:00") {
		c.Report("maintenance.start", window.Start, "is no time of a day", "write it as hh:mm in UTC, in quotes, such as \"01:00\"")
	}
	if window.Hours < shortestWindow || window.Hours > longestWindow {
		c.Report("maintenance.hours", window.Hours, "is out of range", "use %d to %d", shortestWindow, longestWindow)
	}
}
