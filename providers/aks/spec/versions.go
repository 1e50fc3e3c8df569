package spec

import (
	"strings"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Version is a version of Kubernetes on AKS. AKS is asked for a minor version, and patches it itself in the cluster's
// maintenance window.
type Version struct{ rules.Release }

// Versions are those that Rampart makes, newest first. The days are those of AKS's release calendar
// (supported-kubernetes-versions), gone through on 2026-11-26: the last one of the month that it names.
func Versions() []Version {
	return []Version{
		{rules.Release{Kubernetes: "v1.36.0", SupportEnds: "2027-06-30"}},
		{rules.Release{Kubernetes: "v1.35.0", SupportEnds: "2027-03-31"}},
		{rules.Release{Kubernetes: "v1.34.0", SupportEnds: "2026-11-30"}},
	}
}

// Of returns a version, or false.
func Of(version baseline.KubernetesVersion) (Version, bool) {
	for _, each := range Versions() {
		if each.Kubernetes == version {
			return each, true
		}
	}
	return Version{}, false
}

// then is what the end of support means, by AKS's policy.
const then = "AKS then makes no new cluster of it, fixes no fault of Kubernetes in it and upgrades no image of its nodes. The " +
	"long-term support that AKS sells is another tier, which no stack asks for."

// Support is how long AKS looks after the version of a cluster whose defaults are set.
func (c Cluster) Support() rules.Support {
	var releases []rules.Release
	for _, each := range Versions() {
		releases = append(releases, each.Release)
	}
	return rules.Supported("AKS", then, c.KubernetesVersion, releases)
}

// AKS is the version as AKS writes it: 1.35.
func (v Version) AKS() string {
	parts := strings.Split(strings.TrimPrefix(string(v.Kubernetes), "v"), ".")
	return strings.Join(parts[:2], ".")
}
