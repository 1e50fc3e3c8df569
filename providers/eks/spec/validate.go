package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	clusterName = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9_-]{0,39}$`)
	account     = regexp.MustCompile(`^[0-9]{12}$`)
	region      = regexp.MustCompile(`^[a-z]{2}(-gov)?-[a-z]+-[0-9]$`)
	roleARN     = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):iam::([0-9]{12}):role/([\w+=,.@-]+/)*[\w+=,.@-]+$`)
	policyARN   = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):iam::([0-9]{12}):policy/([\w+=,.@-]+/)*[\w+=,.@-]+$`)
	keyARN      = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):kms:([a-z0-9-]+):([0-9]{12}):key/(mrk-)?[0-9a-f-]+$`)
	groupName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

	addonVersion = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$`)

	// The retention times that CloudWatch has, in days, from 90 on.
	retentions = []int{90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

func (c *checker) identity() {
	if !clusterName.MatchString(c.cluster.Name) {
		c.Report("name", c.cluster.Name, "is no name of an EKS cluster", "use 1 to 40 letters, digits, dashes and underscores")
	}
	if !account.MatchString(c.cluster.Account) {
		c.Report("account", c.cluster.Account, "is no number of an AWS account", "write its 12 digits, in quotes")
	}
	if !region.MatchString(c.cluster.Region) {
		c.Report("region", c.cluster.Region, "is no region of AWS", "write one such as eu-central-1")
	}
	c.Environment(c.cluster.Environment)
	for key, value := range c.cluster.Tags {
		if key == "" || len(key) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			c.Report("tags", key, "is no tag of AWS", "use 1 to 128 letters that do not start with aws:, and a value of at most 256")
		}
	}
}

func (c *checker) version() {
	for name, version := range c.cluster.AddonVersions {
		if _, known := Versions()[0].Addons[name]; !known {
			c.Report("addonVersions."+name, version, "is of an add-on that no cluster of ours has", "remove it")
		} else if !addonVersion.MatchString(version) {
			c.Report("addonVersions."+name, version, "is no version of an add-on", "write one such as v1.21.1-eksbuild.1")
		}
	}
	if _, known := Of(c.cluster.KubernetesVersion); known {
		return
	}
	var names []string
	for _, each := range Versions() {
		names = append(names, string(each.Kubernetes))
	}
	c.Report("kubernetesVersion", c.cluster.KubernetesVersion, "is not supported on EKS", "use one of %s", strings.Join(names, ", "))
}

// endpoint holds the public address of the API server, if there is to be one.
func (c *checker) endpoint() {
	c.Public(c.cluster.Production(), c.cluster.PublicCIDRs, "docs/eks.md", "remove it")
}

// principals holds those who get into the cluster.
func (c *checker) principals() {
	if c.cluster.Deployer == "" {
		c.Report("deployer", "", "is missing: nobody would be the cluster's administrator", "name the IAM role that runs Pulumi")
	} else {
		c.role("deployer", c.cluster.Deployer)
		c.deployer()
	}
	c.boundary()
	for i, arn := range c.cluster.Administrators {
		field := fmt.Sprintf("administrators[%d]", i)
		if arn == c.cluster.Deployer || slices.Contains(c.cluster.Administrators[:i], arn) {
			c.Report(field, arn, "is an administrator already", "remove it")
			continue
		}
		c.role(field, arn)
	}
}

// deployer holds the one role that must be of the cluster's own account: everything is made there, by whoever is logged in to it.
func (c *checker) deployer() {
	parts := roleARN.FindStringSubmatch(c.cluster.Deployer)
	if parts != nil && parts[2] != c.cluster.Account && account.MatchString(c.cluster.Account) {
		c.Report("deployer", c.cluster.Deployer, "is a role of another account than "+c.cluster.Account+", where everything is made",
			"name the role that runs Pulumi there: of a chain of roles the last one")
	}
}

// boundary holds the policy that bounds the cluster's roles: IAM takes one of the same account only.
func (c *checker) boundary() {
	arn := c.cluster.PermissionsBoundary
	if arn == "" {
		return
	}
	parts := policyARN.FindStringSubmatch(arn)
	switch {
	case parts == nil:
		c.Report("permissionsBoundary", arn, "is no ARN of a policy of your own",
			"write one such as arn:aws:iam::111122223333:policy/rampart-cluster-roles")
	case parts[2] != c.cluster.Account && account.MatchString(c.cluster.Account):
		c.Report("permissionsBoundary", arn, "is a policy of another account than "+c.cluster.Account, "make it there (docs/eks.md)")
	}
}

func (c *checker) role(field, arn string) {
	parts := roleARN.FindStringSubmatch(arn)
	switch {
	case parts == nil:
		c.Report(field, arn, "is no ARN of an IAM role", "write one such as arn:aws:iam::%s:role/deployer; users and root have no "+
			"place here, and of a session (assumed-role) name the role", "111122223333")
	case parts[1] != Partition(c.cluster.Region):
		c.Report(field, arn, "is in another partition of AWS than the region", "name a role of %s", Partition(c.cluster.Region))
	}
}

func (c *checker) keysAndLogs() {
	if arn := c.cluster.SecretsKeyARN; arn != "" {
		parts := keyARN.FindStringSubmatch(arn)
		switch {
		case parts == nil:
			c.Report("secretsKeyARN", arn, "is no ARN of a KMS key", "write one such as arn:aws:kms:eu-central-1:111122223333:key/<id>; "+
				"aliases can be pointed elsewhere")
		case parts[2] != c.cluster.Region:
			c.Report("secretsKeyARN", arn, "is a key in another region", "use one in %s", c.cluster.Region)
		}
	}
	if days := c.cluster.KeyRotationDays; days < 90 || days > 2560 {
		c.Report("keyRotationDays", days, "is out of range", "use 90 to 2560")
	}
	if !slices.Contains(retentions, c.cluster.LogRetentionDays) {
		c.Report("logRetentionDays", c.cluster.LogRetentionDays, "is not a time that CloudWatch keeps logs for, or too short",
			"use one of %s", strings.Trim(strings.ReplaceAll(fmt.Sprint(retentions), " ", ", "), "[]"))
	}
}
