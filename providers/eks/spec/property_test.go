package spec_test

import (
	"flag"
	"testing"

	"pgregory.net/rapid"

	"github.com/rampart-iac/rampart/providers/eks/internal/anycluster"
	"github.com/rampart-iac/rampart/providers/eks/spec"
)

// TestMain asks for more than rapid's hundred: a cluster is checked in microseconds.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "10000"); err != nil {
		panic(err)
	}
	m.Run()
}

// TestAnyValidClusterIsAccepted, and stays accepted with its defaults filled in.
func TestAnyValidClusterIsAccepted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		settled := anycluster.Draw(t).WithDefaults("blue")
		if faults := settled.Faults(); len(faults) > 0 {
			t.Fatalf("%+v: %v", settled, faults)
		}
	})
}

// spoilers each make a valid cluster invalid in one way that must never pass.
var spoilers = map[string]func(*spec.Cluster){
	"publicCIDRs":       func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "prod", []string{"203.0.113.0/24"} },
	"publicCIDRs[0]":    func(c *spec.Cluster) { c.Environment, c.PublicCIDRs = "dev", []string{"0.0.0.0/0"} },
	"serviceCIDR":       func(c *spec.Cluster) { c.Network.CIDR, c.ServiceCIDR = "10.0.0.0/16", "10.0.128.0/20" },
	"kubernetesVersion": func(c *spec.Cluster) { c.KubernetesVersion = "v1.19.0" },
	"deployer":          func(c *spec.Cluster) { c.Deployer = "" },
	"secretsKeyARN":     func(c *spec.Cluster) { c.SecretsKeyARN = "arn:aws:kms:sa-east-1:111122223333:key/1-a" },
	"logRetentionDays":  func(c *spec.Cluster) { c.LogRetentionDays = 30 },
	"account":           func(c *spec.Cluster) { c.Account = "" },
}

// TestAnySpoiledClusterIsRefused, whatever else there is about it.
func TestAnySpoiledClusterIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cluster := anycluster.Draw(t)
		for field, spoil := range spoilers {
			spoiled := cluster
			spoil(&spoiled)
			found := false
			for _, fault := range spoiled.WithDefaults("blue").Faults() {
				found = found || fault.Field == field
			}
			if !found {
				t.Fatalf("%s is not refused in %+v", field, spoiled)
			}
		}
	})
}
