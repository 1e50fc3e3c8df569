package spec_test

import (
	"testing"

	"github.com/rampart-iac/rampart/providers/gke/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/gke/spec"
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
		"publicCIDRs":          func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "prod", []string{"203.0.113.0/24"} },
		"publicCIDRs[0]":       func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "dev", []string{"0.0.0.0/0"} },
		"authorizedCIDRs[0]":   func(c *spec.Cluster) { c.AuthorizedCIDRs = []string{"0.0.0.0/0"} },
		"serviceCIDR":          func(c *spec.Cluster) { c.Network.CIDR, c.ServiceCIDR = "10.0.0.0/20", "10.0.8.0/24" },
		"controlPlaneCIDR":     func(c *spec.Cluster) { c.Network.CIDR, c.ControlPlaneCIDR = "10.0.0.0/20", "10.0.0.0/28" },
		"calico":               func(c *spec.Cluster) { c.DataplaneV2, c.Calico = true, true },
		"channel":              func(c *spec.Cluster) { c.Environment, c.Channel = "prod", spec.ChannelRapid },
		"kubernetesVersion":    func(c *spec.Cluster) { c.KubernetesVersion = "v1.19.0" },
		"deployer":             func(c *spec.Cluster) { c.Deployer = "allUsers" },
		"secretsKey":           func(c *spec.Cluster) { c.SecretsKey = "projects/k/locations/global/keyRings/a/cryptoKeys/b" },
		"keyRotationDays":      func(c *spec.Cluster) { c.KeyRotationDays = 366 },
		"logRetentionDays":     func(c *spec.Cluster) { c.LogRetentionDays = 30 },
		"zones":                func(c *spec.Cluster) { c.Zones = c.Zones[:1] },
		"imageRepositories[0]": func(c *spec.Cluster) { c.ImageRepositories = []string{"docker.io/library"} },
		"project":              func(c *spec.Cluster) { c.Project = "" },
	})
}
