package spec_test

import (
	"testing"

	"github.com/rampart-iac/rampart/providers/aks/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/aks/spec"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

func TestMain(m *testing.M) { property.Main(m, property.Checked) }

// TestAnyValidClusterIsAccepted, and stays accepted with its defaults filled in.
func TestAnyValidClusterIsAccepted(t *testing.T) {
	t.Parallel()
	property.Accepted(t, anycluster.Draw)
}

// TestAnySpoiledClusterIsRefused, whatever else there is about it.
func TestAnySpoiledClusterIsRefused(t *testing.T) {
	t.Parallel()
	property.Refused(t, anycluster.Draw, map[string]func(*spec.Cluster){
		"publicCIDRs":        func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "prod", []string{"203.0.113.0/24"} },
		"publicCIDRs[0]":     func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "dev", []string{"0.0.0.0/0"} },
		"serviceCIDR":        func(c *spec.Cluster) { c.Network.CIDR, c.ServiceCIDR = "10.0.0.0/16", "10.0.128.0/20" },
		"network.podCIDR":    func(c *spec.Cluster) { c.Network.CIDR, c.Network.PodCIDR = "10.0.0.0/16", "10.0.0.0/16" },
		"network.firewallIP": func(c *spec.Cluster) { c.Network.FirewallIP = "203.0.113.1" },
		"kubernetesVersion":  func(c *spec.Cluster) { c.KubernetesVersion = "v1.19.0" },
		"adminGroup":         func(c *spec.Cluster) { c.AdminGroup = "" },
		"administrators[0]":  func(c *spec.Cluster) { c.Administrators = []string{c.AdminGroup} },
		"subscription":       func(c *spec.Cluster) { c.Subscription = "" },
		"vaultName":          func(c *spec.Cluster) { c.VaultName = "a--b" },
		"keyRotationDays":    func(c *spec.Cluster) { c.KeyRotationDays = 4000 },
		"logRetentionDays":   func(c *spec.Cluster) { c.LogRetentionDays = 30 },
		"nodePools[0].spot":  func(c *spec.Cluster) { c.NodePools = []spec.NodePool{{Name: "system", Spot: true}} },
	})
}
