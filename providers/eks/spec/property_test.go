package spec_test

import (
	"testing"

	"github.com/rampart-iac/rampart/providers/eks/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/eks/spec"
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
		"publicCIDRs":       func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "prod", []string{"203.0.113.0/24"} },
		"publicCIDRs[0]":    func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "dev", []string{"0.0.0.0/0"} },
		"serviceCIDR":       func(c *spec.Cluster) { c.Network.CIDR, c.ServiceCIDR = "10.0.0.0/16", "10.0.128.0/20" },
		"kubernetesVersion": func(c *spec.Cluster) { c.KubernetesVersion = "v1.19.0" },
		"deployer":          func(c *spec.Cluster) { c.Deployer = "" },
		"secretsKeyARN":     func(c *spec.Cluster) { c.SecretsKeyARN = "arn:aws:kms:sa-east-1:111122223333:key/1-a" },
		"logRetentionDays":  func(c *spec.Cluster) { c.LogRetentionDays = 30 },
		"account":           func(c *spec.Cluster) { c.Account = "" },
	})
}
