package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	clusterName   = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$`)
	project       = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	projectNumber = regexp.MustCompile(`^[0-9]{6,19}$`)
	region        = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]+$`)
	member        = regexp.MustCompile(`^(serviceAccount|user):([^@\s:]+@[a-z0-9.-]+\.[a-z]+)$`)
	domain        = regexp.MustCompile(`^([a-z0-9-]+\.)+[a-z]{2,}$`)
	repository    = regexp.MustCompile(`^([a-z0-9-]+)-docker\.pkg\.dev/([a-z0-9.:-]+)/([a-z][a-z0-9-]*[a-z0-9])$`)
	key           = regexp.MustCompile(`^projects/[a-z0-9.:-]+/locations/([a-z0-9-]+)/keyRings/[\w-]+/cryptoKeys/[\w-]+$`)
	labelText     = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$`)
)

func (c *checker) identity() {
	if !clusterName.MatchString(c.cluster.Name) {
		c.Report("name", c.cluster.Name, "is no name of a GKE cluster",
			"use 1 to 24 lower-case letters, digits and dashes, the first a letter")
	}
	if !project.MatchString(c.cluster.Project) {
		c.Report("project", c.cluster.Project, "is no ID of a project", "write its ID, not its name or number")
	}
	if !projectNumber.MatchString(c.cluster.ProjectNumber) {
		c.Report("projectNumber", c.cluster.ProjectNumber, "is no number of a project",
			"write, in quotes, what \"gcloud projects describe <project> --format='value(projectNumber)'\" says")
	}
	if !region.MatchString(c.cluster.Region) {
		c.Report("region", c.cluster.Region, "is no region of Google Cloud", "write one such as europe-west3, without a zone's letter")
	}
	c.Environment(c.cluster.Environment)
	for name, value := range c.cluster.Labels {
		if name == "" || !labelText.MatchString(name) || !labelText.MatchString(value) {
			c.Report("labels", name, "is no label of Google Cloud", "use at most 63 lower-case letters, digits, dashes and underscores")
		}
	}
}

// principals holds those who get into the cluster, and what its nodes may read.
func (c *checker) principals() {
	switch {
	case c.cluster.Deployer == "":
		c.Report("deployer", "", "is missing: the cluster's own objects would be nobody's",
			"name who runs Pulumi, such as serviceAccount:deployer@my-project.iam.gserviceaccount.com")
	case !member.MatchString(c.cluster.Deployer):
		c.Report("deployer", c.cluster.Deployer, "is no principal of IAM that runs programs",
			"write serviceAccount:<email> or user:<email>; a group does not log in")
	}
	if c.cluster.SecurityDomain != "" && !domain.MatchString(c.cluster.SecurityDomain) {
		c.Report("securityDomain", c.cluster.SecurityDomain, "is no domain", "write that of your Google Workspace, such as example.com")
	}
	for i, each := range c.cluster.ImageRepositories {
		field := fmt.Sprintf("imageRepositories[%d]", i)
		if !repository.MatchString(each) {
			c.Report(field, each, "is no repository of Artifact Registry", "write one such as %s-docker.pkg.dev/my-project/images, "+
				"without an image", c.cluster.Region)
		} else if slices.Contains(c.cluster.ImageRepositories[:i], each) {
			c.Report(field, each, "is there twice", "remove it")
		}
	}
}

// User is the deployer as Kubernetes knows it: by its mail address.
func (c Cluster) User() string {
	_, address, _ := strings.Cut(c.Deployer, ":")
	return address
}

// Repository is one of Artifact Registry: where it is, in which project, and what it is called.
func Repository(text string) (location, inProject, name string) {
	parts := repository.FindStringSubmatch(text)
	if parts == nil {
		return "", "", ""
	}
	return parts[1], parts[2], parts[3]
}

func (c *checker) keysAndLogs() {
	if name := c.cluster.SecretsKey; name != "" {
		parts := key.FindStringSubmatch(name)
		switch {
		case parts == nil:
			c.Report("secretsKey", name, "is no KMS key", "write projects/<project>/locations/%s/keyRings/<ring>/cryptoKeys/<key>, "+
				"without a version", c.cluster.Region)
		case parts[1] != c.cluster.Region:
			c.Report("secretsKey", name, "is a key in another region", "use one in %s", c.cluster.Region)
		}
	}
	if days := c.cluster.KeyRotationDays; days < 30 || days > 365 {
		c.Report("keyRotationDays", days, "is out of range", "use 30 to 365; CIS asks for 90 at most")
	}
	if days := c.cluster.LogRetentionDays; days < 90 || days > 3650 {
		c.Report("logRetentionDays", days, "is out of range", "use 90 to 3650")
	}
}
