package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/property"
)

const deployer = "serviceAccount:deployer@acme.iam.gserviceaccount.com"

// good is a cluster that nothing is wrong with.
func good() Cluster {
	return Cluster{
		Name: "blue", Project: "acme-prod", ProjectNumber: "111122223333", Region: "europe-west3",
		Zones: []string{"europe-west3-a", "europe-west3-b"}, Deployer: deployer,
	}.WithDefaults("blue")
}

func TestGoodClustersHaveNoFault(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Cluster){
		"as it is":            func(*Cluster) {},
		"public in dev":       func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"203.0.113.0/24"} },
		"rapid in dev":        func(c *Cluster) { c.Environment, c.Channel = EnvironmentDev, ChannelRapid },
		"a key of the user":   func(c *Cluster) { c.SecretsKey = "projects/k/locations/europe-west3/keyRings/a/cryptoKeys/b" },
		"calico":              func(c *Cluster) { c.DataplaneV2, c.Calico = false, true },
		"a project of a firm": func(c *Cluster) { c.Project = "example.com:acme-prod" },
		"a bastion":           func(c *Cluster) { c.AuthorizedCIDRs = []string{"10.200.0.0/28"} },
		"a person in charge":  func(c *Cluster) { c.Deployer = "user:me@example.com" },
		"a given network": func(c *Cluster) {
			c.Network = Network{
				CIDR: "10.1.0.0/20", PodCIDR: "10.32.0.0/14", NetworkID: pulumi.String("n"), SubnetworkID: pulumi.String("s"),
				PodRange: "pods", ServiceRange: "services",
			}
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
	in := func(environment Environment, cidrs ...string) func(*Cluster) {
		return func(c *Cluster) { c.Environment, c.PublicCIDRs = environment, cidrs }
	}
	for name, test := range map[string]struct {
		change func(*Cluster)
		field  string
		rule   string
	}{
		"public in prod":             {in(EnvironmentProd, "203.0.113.0/24"), "publicCIDRs", "prod a public address"},
		"the whole world":            {in(EnvironmentDev, "0.0.0.0/0"), "publicCIDRs[0]", "whole world"},
		"half of the world":          {in(EnvironmentStaging, "128.0.0.0/1"), "publicCIDRs[0]", "whole world"},
		"the whole world in IPv6":    {in(EnvironmentDev, "::/0"), "publicCIDRs[0]", "no IPv4"},
		"a private range as public":  {in(EnvironmentDev, "10.0.0.0/16"), "publicCIDRs[0]", "private"},
		"a public range as private":  {func(c *Cluster) { c.AuthorizedCIDRs = []string{"203.0.113.0/24"} }, "authorizedCIDRs[0]", "no private"},
		"the world as private":       {func(c *Cluster) { c.AuthorizedCIDRs = []string{"0.0.0.0/0"} }, "authorizedCIDRs[0]", "whole world"},
		"services in pods":           {func(c *Cluster) { c.ServiceCIDR = "10.32.0.0/20" }, "serviceCIDR", "overlaps network.podCIDR"},
		"pods in nodes":              {func(c *Cluster) { c.Network.PodCIDR = "10.0.0.0/16" }, "network.podCIDR", "overlaps network.cidr"},
		"control plane in nodes":     {func(c *Cluster) { c.ControlPlaneCIDR = "10.0.0.0/28" }, "controlPlaneCIDR", "overlaps"},
		"a control plane of a /24":   {func(c *Cluster) { c.ControlPlaneCIDR = "172.16.0.0/24" }, "controlPlaneCIDR", "/24"},
		"a range too small":          {func(c *Cluster) { c.Network.CIDR = "10.0.0.0/28" }, "network.cidr", "/28"},
		"a public range":             {func(c *Cluster) { c.Network.CIDR = "203.0.0.0/20" }, "network.cidr", "not private"},
		"administrators half public": {func(c *Cluster) { c.AuthorizedCIDRs = []string{"10.0.0.0/7"} }, "authorizedCIDRs[0]", "no private"},
		"bits behind the prefix":     {func(c *Cluster) { c.Network.CIDR = "10.0.0.1/20" }, "network.cidr", "bits set"},
		"one zone":                   {func(c *Cluster) { c.Zones = c.Zones[:1] }, "zones", "two zones"},
		"a zone elsewhere":           {func(c *Cluster) { c.Zones[1] = "europe-west4-a" }, "zones[1]", "no zone of"},
		"a zone twice":               {func(c *Cluster) { c.Zones[1] = "europe-west3-a" }, "zones[1]", "twice"},
		"Dataplane V2 and Calico":    {func(c *Cluster) { c.Calico = true }, "calico", "beside dataplaneV2"},
		"an unknown way out":         {func(c *Cluster) { c.Network.Egress = "open" }, "network.egress", "unknown"},
		"a range without subnetwork": {func(c *Cluster) { c.Network.PodRange = "pods" }, "network.podRange", "there already"},
		"a subnetwork alone": {
			func(c *Cluster) {
				c.Network = Network{CIDR: "10.1.0.0/20", PodCIDR: "10.32.0.0/14", SubnetworkID: pulumi.String("s"), PodRange: "a", ServiceRange: "b"}
			}, "network.networkID", "missing",
		},
		"an old version":      {func(c *Cluster) { c.KubernetesVersion = "v1.29.0" }, "kubernetesVersion", "not supported"},
		"an unknown channel":  {func(c *Cluster) { c.Channel = "EXTENDED" }, "channel", "no release channel"},
		"rapid in prod":       {func(c *Cluster) { c.Channel = ChannelRapid }, "channel", "promise of service"},
		"an unknown day":      {func(c *Cluster) { c.Maintenance.Days = []string{"SA", "XX"} }, "maintenance.days[1]", "no day"},
		"an unknown time":     {func(c *Cluster) { c.Maintenance.Start = "2am" }, "maintenance.start", "no time of day"},
		"too short a window":  {func(c *Cluster) { c.Maintenance.Hours = 2 }, "maintenance.hours", "out of range"},
		"too few windows":     {func(c *Cluster) { c.Maintenance.Days = []string{"SU"} }, "maintenance.hours", "24 hours in four weeks"},
		"nobody in charge":    {func(c *Cluster) { c.Deployer = "" }, "deployer", "missing"},
		"a group in charge":   {func(c *Cluster) { c.Deployer = "group:admins@example.com" }, "deployer", "no principal"},
		"everybody in charge": {func(c *Cluster) { c.Deployer = "allUsers" }, "deployer", "no principal"},
		"a key elsewhere":     {func(c *Cluster) { c.SecretsKey = "projects/k/locations/europe-west4/keyRings/a/cryptoKeys/b" }, "secretsKey", "another region"},
		"a global key":        {func(c *Cluster) { c.SecretsKey = "projects/k/locations/global/keyRings/a/cryptoKeys/b" }, "secretsKey", "another region"},
		"a version of a key": {func(c *Cluster) {
			c.SecretsKey = "projects/k/locations/europe-west3/keyRings/a/cryptoKeys/b/cryptoKeyVersions/1"
		}, "secretsKey", "no KMS key"},
		"a key for ever":         {func(c *Cluster) { c.KeyRotationDays = 4000 }, "keyRotationDays", "out of range"},
		"logs for a week":        {func(c *Cluster) { c.LogRetentionDays = 7 }, "logRetentionDays", "out of range"},
		"a number as project":    {func(c *Cluster) { c.Project = "111122223333" }, "project", "no ID"},
		"an ID as number":        {func(c *Cluster) { c.ProjectNumber = "acme-prod" }, "projectNumber", "no number"},
		"an unknown stage":       {func(c *Cluster) { c.Environment = "qa" }, "environment", "unknown"},
		"a long name":            {func(c *Cluster) { c.Name = strings.Repeat("a", 25) }, "name", "no name"},
		"an image as repository": {func(c *Cluster) { c.ImageRepositories = []string{"europe-docker.pkg.dev/p/r/image:1"} }, "imageRepositories[0]", "no repository"},
		"an address as domain":   {func(c *Cluster) { c.SecurityDomain = "gke-security-groups@example.com" }, "securityDomain", "no domain"},
		"a bad label":            {func(c *Cluster) { c.Labels = map[string]string{"Team": "a"} }, "labels", "no label"},
		"no machine type":        {func(c *Cluster) { c.NodePools[0].MachineType = "large" }, "nodePools[0].machineType", "no machine type"},
		"too small a machine":    {func(c *Cluster) { c.NodePools[0].MachineType = "e2-micro" }, "nodePools[0].machineType", "too small"},
		"more than the most":     {func(c *Cluster) { c.NodePools[0].Min = 9 }, "nodePools[0].min", "sizes"},
		"a small disk":           {func(c *Cluster) { c.NodePools[0].DiskGiB = 1 }, "nodePools[0].diskGiB", "out of range"},
		"a pool twice":           {func(c *Cluster) { c.NodePools = append(c.NodePools, c.NodePools[0]) }, "nodePools[1].name", "another node pool"},
		"a long name of a pool":  {func(c *Cluster) { c.NodePools[0].Name = "general-purpose" }, "nodePools[0].name", "no name"},
		"an unknown effect":      {func(c *Cluster) { c.NodePools[0].Taints = []Taint{{Key: "a", Value: "b", Effect: "Never"}} }, "nodePools[0].taints[0]", "no taint"},
		"a label of the nodes":   {func(c *Cluster) { c.NodePools[0].Labels = map[string]string{"kubernetes.io/x": ""} }, "nodePools[0].labels", "Kubernetes itself"},
	} {
		cluster := good()
		test.change(&cluster)
		property.OneFault(t, name, cluster.Faults(), test.field, test.rule)
	}
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	t.Parallel()
	faults := Cluster{
		Name: "No Name", Project: "1", ProjectNumber: "x", Region: "nowhere", Environment: "x", KubernetesVersion: "v1.2.3", Channel: "x",
		ServiceCIDR: "a", KeyRotationDays: 1, LogRetentionDays: 1, NodePools: []NodePool{{}}, PublicCIDRs: []string{"b"},
		DataplaneV2: true, Calico: true,
	}.WithDefaults("x").Faults()
	for _, field := range []string{
		"name", "project", "projectNumber", "region", "zones", "environment", "kubernetesVersion", "channel", "serviceCIDR",
		"publicCIDRs[0]", "deployer", "keyRotationDays", "logRetentionDays", "nodePools[0].name", "calico",
	} {
		if !slices.ContainsFunc(faults, func(fault baseline.Fault) bool { return fault.Field == field }) {
			t.Errorf("no fault of %s in\n%v", field, faults)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	start, end, rule := Maintenance{Days: []string{"SA", "SU"}, Start: "22:30", Hours: 6}.Window()
	if start != "2026-01-03T22:30:00Z" || end != "2026-01-04T04:30:00Z" || rule != "FREQ=WEEKLY;BYDAY=SA,SU" {
		t.Errorf("got %s, %s, %s", start, end, rule)
	}
}
