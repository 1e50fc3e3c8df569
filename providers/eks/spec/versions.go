package spec

import (
	"strings"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/providers/internal/rules"
)

// Version is a version of Kubernetes on EKS with what belongs to it. EKS has minor versions, and patches them itself.
type Version struct {
	Kubernetes baseline.KubernetesVersion

	// SupportEnds is the day on which standard support ends. From then on EKS upgrades the cluster by itself.
	SupportEnds string

	// Addons are the versions of the add-ons, by their names.
	Addons map[string]string
}

// Names of the add-ons that every cluster has, and of the one that GuardDuty brings.
const (
	AddonNetwork     = "vpc-cni"
	AddonProxy       = "kube-proxy"
	AddonDNS         = "coredns"
	AddonPodIdentity = "eks-pod-identity-agent"
	AddonVolumes     = "aws-ebs-csi-driver"
	AddonGuardDuty   = "aws-guardduty-agent"
)

// Versions are those that Rampart makes, newest first. The days are those of the calendar in the EKS user guide
// (kubernetes-versions), gone through on 2026-11-26. No list of AWS's was at hand that says which add-ons go with 1.36: those
// are the ones that clusters of that version were seen to run in public configurations, and the agent of GuardDuty is that of
// the version before.
func Versions() []Version {
	earlier := func(proxy, dns string) map[string]string {
		return map[string]string{
			AddonNetwork: "v1.21.1-eksbuild.1", AddonProxy: proxy, AddonDNS: dns, AddonPodIdentity: "v1.3.10-eksbuild.1",
			AddonVolumes: "v1.54.0-eksbuild.1", AddonGuardDuty: "v1.12.1-eksbuild.2",
		}
	}
	return []Version{
		{"v1.36.0", "2027-08-02", map[string]string{
			AddonNetwork: "v1.22.3-eksbuild.1", AddonProxy: "v1.36.0-eksbuild.13", AddonDNS: "v1.14.3-eksbuild.3",
			AddonPodIdentity: "v1.3.10-eksbuild.3", AddonVolumes: "v1.63.1-eksbuild.1", AddonGuardDuty: "v1.12.1-eksbuild.2",
		}},
		{"v1.35.0", "2027-03-27", earlier("v1.35.0-eksbuild.2", "v1.13.1-eksbuild.1")},
		{"v1.34.0", "2026-12-02", earlier("v1.34.1-eksbuild.2", "v1.12.4-eksbuild.1")},
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

// Support is how long a cloud looks after a version of Kubernetes.
type Support = rules.Support

// then is what the end of support means. The price is that of a control plane in extended support less that in standard support
// (0.60 and 0.10 USD an hour, https://aws.amazon.com/eks/pricing/ as quoted on 2026-09-12).
const then = "EKS upgrades the cluster by itself from that day on, and up fails until the stack file names that version, too. " +
	"To stay, in extended support, would cost 0.50 USD an hour more for the control plane; no stack asks for it."

// Support is how long EKS looks after the version of a cluster whose defaults are set.
func (c Cluster) Support() Support {
	var releases []rules.Release
	for _, each := range Versions() {
		releases = append(releases, rules.Release{Kubernetes: each.Kubernetes, SupportEnds: each.SupportEnds})
	}
	return rules.Supported("EKS", then, c.KubernetesVersion, releases)
}

// EKS is the version as EKS writes it: 1.35.
func (v Version) EKS() string {
	parts := strings.Split(strings.TrimPrefix(string(v.Kubernetes), "v"), ".")
	return strings.Join(parts[:2], ".")
}

// Partition of AWS that a region is in.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}
