package spec

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/property"
)

// good is a cluster that nothing is wrong with.
func good() Cluster {
	return Cluster{
		Name: "blue", Account: "111122223333", Region: "eu-central-1",
		Network:  Network{Zones: []string{"eu-central-1a", "eu-central-1b"}},
		Deployer: "arn:aws:iam::111122223333:role/deployer",
	}.WithDefaults("blue")
}

func TestGoodClustersHaveNoFault(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Cluster){
		"as it is":          func(*Cluster) {},
		"public in dev":     func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"203.0.113.0/24"} },
		"a key of the user": func(c *Cluster) { c.SecretsKeyARN = "arn:aws:kms:eu-central-1:444455556666:key/0-a" },
		"a key of many regions": func(c *Cluster) {
			c.SecretsKeyARN = "arn:aws:kms:eu-central-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef"
		},
		"a path of a role": func(c *Cluster) { c.Administrators = []string{"arn:aws:iam::111122223333:role/a/b/admin"} },
		"arm":              func(c *Cluster) { c.NodeGroups[0].InstanceTypes = []string{"m7g.large", "c7gn.xlarge"} },
		"metal":            func(c *Cluster) { c.NodeGroups[0].InstanceTypes = []string{"m7i.metal-24xl", "u-6tb1.56xlarge"} },
		"a given network": func(c *Cluster) {
			c.Network = Network{CIDR: "10.1.0.0/16", VPCID: pulumi.String("vpc-1"), Subnets: []Subnet{
				{"eu-central-1a", pulumi.String("subnet-1")}, {"eu-central-1b", pulumi.String("subnet-2")},
			}}
		},
		"China": func(c *Cluster) {
			c.Region, c.Deployer = "cn-north-1", "arn:aws-cn:iam::111122223333:role/deployer"
			c.Network.Zones = []string{"cn-north-1a", "cn-north-1b"}
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
	for name, test := range map[string]struct {
		change func(*Cluster)
		field  string
		rule   string
	}{
		"public in prod": {
			func(c *Cluster) { c.PublicCIDRs = []string{"203.0.113.0/24"} }, "publicCIDRs", "prod a public address",
		},
		"the whole world": {
			func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"0.0.0.0/0"} }, "publicCIDRs[0]", "whole world",
		},
		"half of the world": {
			func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"128.0.0.0/1"} }, "publicCIDRs[0]", "whole world",
		},
		"the whole world in IPv6": {
			func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"::/0"} }, "publicCIDRs[0]", "no IPv4",
		},
		"a private range as public": {
			func(c *Cluster) { c.Environment, c.PublicCIDRs = EnvironmentDev, []string{"10.0.0.0/16"} }, "publicCIDRs[0]", "private",
		},
		"ranges that overlap": {func(c *Cluster) { c.Network.CIDR = "172.20.0.0/16" }, "serviceCIDR", "overlaps"},
		"a range too small":   {func(c *Cluster) { c.Network.CIDR = "10.0.0.0/24" }, "network.cidr", "/24"},
		"a range half public": {func(c *Cluster) { c.ServiceCIDR = "192.168.0.0/15" }, "serviceCIDR", "not private"},
		"a deployer elsewhere": {
			func(c *Cluster) { c.Deployer = "arn:aws:iam::999999999999:role/deployer" }, "deployer", "another account",
		},
		"a public range":   {func(c *Cluster) { c.Network.CIDR = "203.0.0.0/16" }, "network.cidr", "not private"},
		"one zone":         {func(c *Cluster) { c.Network.Zones = c.Network.Zones[:1] }, "network.zones", "two zones"},
		"a zone elsewhere": {func(c *Cluster) { c.Network.Zones[1] = "eu-west-1a" }, "network.zones[1]", "no zone of"},
		"a zone twice":     {func(c *Cluster) { c.Network.Zones[1] = "eu-central-1a" }, "network.zones[1]", "twice"},
		"five zones": {
			func(c *Cluster) {
				for _, letter := range "cde" {
					c.Network.Zones = append(c.Network.Zones, "eu-central-1"+string(letter))
				}
			}, "network.zones", "more zones",
		},
		"an unknown way out":     {func(c *Cluster) { c.Network.Egress = "open" }, "network.egress", "unknown"},
		"subnets without a VPC":  {func(c *Cluster) { c.Network.Subnets = []Subnet{{}} }, "network.subnets", "without a VPC"},
		"an old version":         {func(c *Cluster) { c.KubernetesVersion = "v1.29.0" }, "kubernetesVersion", "not supported"},
		"a patch of a version":   {func(c *Cluster) { c.KubernetesVersion = "v1.35.4" }, "kubernetesVersion", "not supported"},
		"nobody in charge":       {func(c *Cluster) { c.Deployer = "" }, "deployer", "missing"},
		"root in charge":         {func(c *Cluster) { c.Deployer = "arn:aws:iam::111122223333:root" }, "deployer", "no ARN of an IAM role"},
		"a user in charge":       {func(c *Cluster) { c.Deployer = "arn:aws:iam::111122223333:user/me" }, "deployer", "no ARN of an IAM role"},
		"a session in charge":    {func(c *Cluster) { c.Deployer = "arn:aws:sts::111122223333:assumed-role/a/b" }, "deployer", "no ARN"},
		"another partition":      {func(c *Cluster) { c.Deployer = "arn:aws-cn:iam::111122223333:role/a" }, "deployer", "partition"},
		"an administrator twice": {func(c *Cluster) { c.Administrators = []string{c.Deployer} }, "administrators[0]", "already"},
		"a boundary elsewhere": {
			func(c *Cluster) { c.PermissionsBoundary = "arn:aws:iam::999999999999:policy/rampart-cluster-roles" }, "permissionsBoundary", "another account",
		},
		"a boundary of AWS's": {
			func(c *Cluster) { c.PermissionsBoundary = "arn:aws:iam::aws:policy/PowerUserAccess" }, "permissionsBoundary", "no ARN of a policy of your own",
		},
		"a key elsewhere": {
			func(c *Cluster) { c.SecretsKeyARN = "arn:aws:kms:eu-west-1:111122223333:key/0-a" }, "secretsKeyARN", "another region",
		},
		"an alias as key": {
			func(c *Cluster) { c.SecretsKeyARN = "arn:aws:kms:eu-central-1:111122223333:alias/a" }, "secretsKeyARN", "no ARN of a KMS key",
		},
		"a key for ever":       {func(c *Cluster) { c.KeyRotationDays = 4000 }, "keyRotationDays", "out of range"},
		"logs for a week":      {func(c *Cluster) { c.LogRetentionDays = 7 }, "logRetentionDays", "too short"},
		"no such account":      {func(c *Cluster) { c.Account = "1111" }, "account", "no number"},
		"an unknown stage":     {func(c *Cluster) { c.Environment = "qa" }, "environment", "unknown"},
		"a long name":          {func(c *Cluster) { c.Name = strings.Repeat("a", 41) }, "name", "no name"},
		"an unknown add-on":    {func(c *Cluster) { c.AddonVersions = map[string]string{"adot": "v1.0.0-eksbuild.1"} }, "addonVersions.adot", "no cluster"},
		"a moving add-on":      {func(c *Cluster) { c.AddonVersions = map[string]string{"coredns": "latest"} }, "addonVersions.coredns", "no version"},
		"a tag of AWS":         {func(c *Cluster) { c.Tags = map[string]string{"aws:mine": "x"} }, "tags", "no tag"},
		"two architectures":    {func(c *Cluster) { c.NodeGroups[0].InstanceTypes = []string{"m7i.large", "m7g.large"} }, "nodeGroups[0].instanceTypes[1]", "architecture"},
		"no instance type":     {func(c *Cluster) { c.NodeGroups[0].InstanceTypes = []string{"large"} }, "nodeGroups[0].instanceTypes[0]", "no type"},
		"more than the most":   {func(c *Cluster) { c.NodeGroups[0].Desired = 9 }, "nodeGroups[0].min", "sizes"},
		"a small disk":         {func(c *Cluster) { c.NodeGroups[0].DiskGiB = 1 }, "nodeGroups[0].diskGiB", "out of range"},
		"a name twice":         {func(c *Cluster) { c.NodeGroups = append(c.NodeGroups, c.NodeGroups[0]) }, "nodeGroups[1].name", "another node group"},
		"an unknown effect":    {func(c *Cluster) { c.NodeGroups[0].Taints = []Taint{{Key: "a", Value: "b", Effect: "Never"}} }, "nodeGroups[0].taints[0]", "no taint"},
		"a label of the nodes": {func(c *Cluster) { c.NodeGroups[0].Labels = map[string]string{"node-role.kubernetes.io/x": ""} }, "nodeGroups[0].labels", "Kubernetes itself"},
		"a label of EKS":       {func(c *Cluster) { c.NodeGroups[0].Labels = map[string]string{"eks.amazonaws.com/nodegroup": ""} }, "nodeGroups[0].labels", "cloud keeps"},
	} {
		cluster := good()
		test.change(&cluster)
		property.OneFault(t, name, cluster.Faults(), test.field, test.rule)
	}
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	t.Parallel()
	faults := Cluster{
		Name: "no name", Account: "1", Region: "nowhere", Environment: "x", KubernetesVersion: "v1.2.3", ServiceCIDR: "a", KeyRotationDays: 1,
		LogRetentionDays: 1, NodeGroups: []NodeGroup{{}}, PublicCIDRs: []string{"b"},
	}.WithDefaults("x").Faults()
	for _, field := range []string{
		"name", "account", "region", "environment", "kubernetesVersion", "serviceCIDR", "network.zones", "publicCIDRs[0]", "deployer",
		"keyRotationDays", "logRetentionDays", "nodeGroups[0].name",
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

func TestSubnetsDoNotMeet(t *testing.T) {
	t.Parallel()
	private, public := Network{CIDR: "10.4.0.0/16", Zones: []string{"a", "b", "c", "d"}}.SubnetCIDRs()
	want := "10.4.0.0/19 10.4.32.0/19 10.4.64.0/19 10.4.96.0/19 10.4.128.0/24 10.4.129.0/24 10.4.130.0/24 10.4.131.0/24"
	if got := strings.Join(append(private, public...), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
