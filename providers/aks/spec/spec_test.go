package spec

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/property"
)

const id = "11111111-2222-3333-4444-555555555555"

// good is a cluster that nothing is wrong with.
func good() Cluster {
	return Cluster{Name: "blue", Subscription: id, Tenant: id, Region: "germanywestcentral", AdminGroup: id}.WithDefaults("blue")
}

func TestGoodClustersHaveNoFault(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Cluster){
		"as it is":      func(*Cluster) {},
		"public in dev": func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"203.0.113.0/24"} },
		"a firewall":    func(c *Cluster) { c.Network.Egress, c.Network.FirewallIP = EgressFirewall, "10.100.0.4" },
		"a second pool": func(c *Cluster) {
			pool := NodePool{Name: "gpu", VMSize: "Standard_NC24ads_A100_v4", Spot: true, Taints: []Taint{{Key: "gpu", Value: "", Effect: "NoSchedule"}}}
			pool.setDefaults()
			c.NodePools = append(c.NodePools, pool)
		},
		"one zone in dev": func(c *Cluster) { c.Environment, c.NodePools[0].Zones = EnvironmentDev, []int{1} },
		"given subnets": func(c *Cluster) {
			c.Network.NodeSubnetID, c.Network.APIServerSubnetID = pulumi.String("a"), pulumi.String("b")
		},
		"given subnets behind a firewall": func(c *Cluster) {
			c.Network.NodeSubnetID, c.Network.APIServerSubnetID = pulumi.String("a"), pulumi.String("b")
			c.Network.Egress = EgressFirewall
		},
		"an underscore in the name": func(c *Cluster) {
			*c = Cluster{Name: "Blue_1", Subscription: id, Tenant: id, Region: "eastus2", AdminGroup: id}.WithDefaults("x")
		},
	} {
		cluster := good()
		change(&cluster)
		if faults := cluster.Faults(); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// TestBadClustersAreRefused: each fault alone, with its field, and what is said of it.
func TestBadClustersAreRefused(t *testing.T) {
	t.Parallel()
	dev := func(ranges ...string) func(*Cluster) {
		return func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, ranges }
	}
	for name, test := range map[string]struct {
		change func(*Cluster)
		field  string
		rule   string
	}{
		"public in prod":            {func(c *Cluster) { c.PublicCIDRs = []string{"203.0.113.0/24"} }, "publicCIDRs", "prod a public address"},
		"the whole world":           {dev("0.0.0.0/0"), "publicCIDRs[0]", "whole world"},
		"half of the world":         {dev("128.0.0.0/1"), "publicCIDRs[0]", "whole world"},
		"the whole world in IPv6":   {dev("::/0"), "publicCIDRs[0]", "no IPv4"},
		"a private range as public": {dev("10.0.0.0/16"), "publicCIDRs[0]", "private"},
		"ranges that overlap":       {func(c *Cluster) { c.Network.CIDR = "172.20.0.0/16" }, "serviceCIDR", "overlaps"},
		"pods in the network":       {func(c *Cluster) { c.Network.PodCIDR = "10.0.0.0/16" }, "network.podCIDR", "overlaps"},
		"a range of Azure's":        {func(c *Cluster) { c.ServiceCIDR = "172.30.0.0/16" }, "serviceCIDR", "keeps for itself"},
		"a range too small":         {func(c *Cluster) { c.Network.CIDR = "10.0.0.0/24" }, "network.cidr", "/24"},
		"a range half public":       {func(c *Cluster) { c.ServiceCIDR = "192.168.0.0/15" }, "serviceCIDR", "not private"},
		"a public range":            {func(c *Cluster) { c.Network.CIDR = "203.0.0.0/16" }, "network.cidr", "not private"},
		"a range with a host":       {func(c *Cluster) { c.Network.CIDR = "10.0.0.1/16" }, "network.cidr", "behind the prefix"},
		"an unknown way out":        {func(c *Cluster) { c.Network.Egress = "open" }, "network.egress", "unknown"},
		"a firewall without address": {
			func(c *Cluster) { c.Network.Egress = EgressFirewall }, "network.firewallIP", "missing",
		},
		"a public firewall": {
			func(c *Cluster) { c.Network.Egress, c.Network.FirewallIP = EgressFirewall, "203.0.113.1" }, "network.firewallIP", "no private",
		},
		"a firewall beside NAT": {func(c *Cluster) { c.Network.FirewallIP = "10.100.0.4" }, "network.firewallIP", "another way out"},
		"half of a network":     {func(c *Cluster) { c.Network.NodeSubnetID = pulumi.String("a") }, "network.apiServerSubnetID", "missing"},
		"the other half":        {func(c *Cluster) { c.Network.APIServerSubnetID = pulumi.String("a") }, "network.nodeSubnetID", "missing"},
		"an old version":        {func(c *Cluster) { c.KubernetesVersion = "v1.29.0" }, "kubernetesVersion", "not supported"},
		"a patch of a version":  {func(c *Cluster) { c.KubernetesVersion = "v1.35.4" }, "kubernetesVersion", "not supported"},
		"nobody in charge":      {func(c *Cluster) { c.AdminGroup = "" }, "adminGroup", "missing"},
		"a name in charge":      {func(c *Cluster) { c.AdminGroup = "admins" }, "adminGroup", "no identifier"},
		"a group twice":         {func(c *Cluster) { c.Administrators = []string{id} }, "administrators[0]", "already"},
		"no subscription":       {func(c *Cluster) { c.Subscription = "mine" }, "subscription", "no identifier"},
		"no directory":          {func(c *Cluster) { c.Tenant = "" }, "tenant", "no identifier"},
		"a region in words":     {func(c *Cluster) { c.Region = "West Europe" }, "region", "no region"},
		"an unknown stage":      {func(c *Cluster) { c.Environment = "qa" }, "environment", "unknown"},
		"a long name":           {func(c *Cluster) { c.Name = strings.Repeat("a", 41) }, "name", "no name"},
		"a vault with dashes":   {func(c *Cluster) { c.VaultName = "my--vault" }, "vaultName", "no name"},
		"a long vault":          {func(c *Cluster) { c.VaultName = strings.Repeat("a", 25) }, "vaultName", "no name"},
		"a key for ever":        {func(c *Cluster) { c.KeyRotationDays = 4000 }, "keyRotationDays", "out of range"},
		"logs for a week":       {func(c *Cluster) { c.LogRetentionDays = 7 }, "logRetentionDays", "too short"},
		"no such day":           {func(c *Cluster) { c.Maintenance.Day = "Sun" }, "maintenance.day", "no day"},
		"no such time":          {func(c *Cluster) { c.Maintenance.Start = "1:00" }, "maintenance.start", "no time"},
		"a short window":        {func(c *Cluster) { c.Maintenance.Hours = 1 }, "maintenance.hours", "out of range"},
		"a tag with a slash":    {func(c *Cluster) { c.Tags = map[string]string{"a/b": "x"} }, "tags", "no tag"},
		"no size of a machine":  {func(c *Cluster) { c.NodePools[0].VMSize = "m7i.large" }, "nodePools[0].vmSize", "no size"},
		"more than the most":    {func(c *Cluster) { c.NodePools[0].Min = 9 }, "nodePools[0].min", "sizes"},
		"a small disk":          {func(c *Cluster) { c.NodePools[0].DiskGiB = 1 }, "nodePools[0].diskGiB", "out of range"},
		"one zone in prod":      {func(c *Cluster) { c.NodePools[0].Zones = []int{1} }, "nodePools[0].zones", "one zone"},
		"a fourth zone":         {func(c *Cluster) { c.NodePools[0].Zones = []int{1, 4} }, "nodePools[0].zones[1]", "no zone"},
		"a zone twice":          {func(c *Cluster) { c.NodePools[0].Zones = []int{1, 1} }, "nodePools[0].zones[1]", "twice"},
		"the system on spot":    {func(c *Cluster) { c.NodePools[0].Spot = true }, "nodePools[0].spot", "takes back"},
		"the system tainted":    {func(c *Cluster) { c.NodePools[0].Taints = []Taint{{Key: "a", Value: "", Effect: "NoSchedule"}} }, "nodePools[0].taints", "off their pool"},
		"a name twice":          {func(c *Cluster) { c.NodePools = append(c.NodePools, c.NodePools[0]) }, "nodePools[1].name", "another node pool"},
		"a long pool":           {func(c *Cluster) { c.NodePools[0].Name = "thirteenchars" }, "nodePools[0].name", "no name"},
		"an unknown effect": {
			func(c *Cluster) {
				c.NodePools = append(c.NodePools, c.NodePools[0])
				c.NodePools[1].Name, c.NodePools[1].Taints = "b", []Taint{{Key: "a", Value: "b", Effect: "Never"}}
			}, "nodePools[1].taints[0]", "no taint",
		},
		"a label of AKS": {
			func(c *Cluster) { c.NodePools[0].Labels = map[string]string{"kubernetes.azure.com/mode": ""} }, "nodePools[0].labels", "cloud keeps",
		},
	} {
		cluster := good()
		test.change(&cluster)
		property.OneFault(t, name, cluster.Faults(), test.field, test.rule)
	}
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	t.Parallel()
	faults := Cluster{
		Name: "no name", Subscription: "1", Region: "No Where", Environment: "x", KubernetesVersion: "v1.2.3", ServiceCIDR: "a",
		KeyRotationDays: 1, LogRetentionDays: 1, NodePools: []NodePool{{}}, PublicCIDRs: []string{"b"}, VaultName: "-",
		Maintenance: Maintenance{Hours: 1},
	}.WithDefaults("x").Faults()
	for _, field := range []string{
		"name", "subscription", "tenant", "region", "environment", "kubernetesVersion", "serviceCIDR", "publicCIDRs[0]", "adminGroup",
		"vaultName", "keyRotationDays", "logRetentionDays", "maintenance.hours", "nodePools[0].name",
	} {
		found := false
		for _, fault := range faults {
			found = found || fault.Field == field
		}
		if !found {
			t.Errorf("no fault of %s in\n%v", field, faults)
		}
	}
}

func TestRangesOfTheNetwork(t *testing.T) {
	t.Parallel()
	for cidr, want := range map[string]string{
		"10.4.0.0/16": "10.4.0.0/17 10.4.255.240/28", "192.168.4.0/22": "192.168.4.0/23 192.168.7.240/28",
	} {
		nodes, apiServer := Network{CIDR: cidr}.SubnetCIDRs()
		if got := nodes + " " + apiServer; got != want {
			t.Errorf("%s: got %s, want %s", cidr, got, want)
		}
	}
	if got := good().DNSServiceIP(); got != "172.20.0.10" {
		t.Errorf("DNS at %s", got)
	}
}

// TestVaultNames are valid for every valid name of a cluster, and differ between subscriptions.
func TestVaultNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "1", "A_b-C", strings.Repeat("long-", 8)[:40], "a__________b", "---"} {
		if got := vaultName(id, name); !vault.MatchString(got) || strings.Contains(got, "--") {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if vaultName(id, "a") == vaultName("another", "a") {
		t.Error("the same in two subscriptions")
	}
}
