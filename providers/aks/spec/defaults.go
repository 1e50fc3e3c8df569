package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Defaults of Cluster.
const (
	DefaultCIDR             = "10.0.0.0/16"
	DefaultPodCIDR          = "10.244.0.0/16"
	DefaultServiceCIDR      = "172.20.0.0/16"
	DefaultVMSize           = "Standard_D4ds_v5"
	DefaultDiskGiB          = 128
	DefaultMinNodes         = 2
	DefaultKeyRotationDays  = 365
	DefaultLogRetentionDays = 365
	DefaultMaintenanceDay   = "Sunday"
	DefaultMaintenanceStart = "01:00"
	DefaultMaintenanceHours = 6
)

// WithDefaults returns a copy in which every field that has a default is set.
func (c Cluster) WithDefaults(resourceName string) Cluster {
	rules.Default(&c.Name, resourceName)
	rules.Default(&c.Environment, EnvironmentProd)
	rules.Default(&c.KubernetesVersion, Versions()[0].Kubernetes)
	rules.Default(&c.Network.CIDR, DefaultCIDR)
	rules.Default(&c.Network.PodCIDR, DefaultPodCIDR)
	rules.Default(&c.Network.Egress, EgressNAT)
	rules.Default(&c.ServiceCIDR, DefaultServiceCIDR)
	rules.Default(&c.VaultName, vaultName(c.Subscription, c.Name))
	rules.Default(&c.KeyRotationDays, DefaultKeyRotationDays)
	rules.Default(&c.LogRetentionDays, DefaultLogRetentionDays)
	rules.Default(&c.Maintenance.Day, DefaultMaintenanceDay)
	rules.Default(&c.Maintenance.Start, DefaultMaintenanceStart)
	rules.Default(&c.Maintenance.Hours, DefaultMaintenanceHours)
	rules.DefaultEach(&c.NodePools, NodePool{Name: "system"}, (*NodePool).setDefaults)
	return c
}

func (p *NodePool) setDefaults() {
	rules.Default(&p.VMSize, DefaultVMSize)
	rules.Default(&p.Min, DefaultMinNodes)
	rules.Default(&p.Max, p.Min+2)
	rules.Default(&p.DiskGiB, DefaultDiskGiB)
	if len(p.Zones) == 0 {
		p.Zones = []int{1, 2, 3}
	}
}

var notInVaultNames = regexp.MustCompile(`[^0-9a-z]+`)

// vaultName is the same for the same cluster, and another one for each subscription.
func vaultName(subscription, cluster string) string {
	const longest, digestLength = 24, 8
	sum := sha256.Sum256([]byte(subscription + "/" + cluster))
	digest := hex.EncodeToString(sum[:])[:digestLength]
	readable := strings.Trim(notInVaultNames.ReplaceAllString(strings.ToLower(cluster), "-"), "-")
	readable = strings.Trim(readable[:min(len(readable), longest-digestLength-2)], "-")
	return "k" + readable + "-" + digest // a name starts with a letter
}
