package spec

import (
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// Version is a version of Kubernetes on EKS with what belongs to it. EKS has minor versions, and patches them itself.
type Version struct {
	Kubernetes baseline.KubernetesVersion

	// SupportEnds is the last day of standard support, after which EKS upgrades the cluster by itself.
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

// Versions are those that Rampart makes, newest first. The days are those of the EKS user guide.
func Versions() []Version {
	addons := func(proxy, dns string) map[string]string {
		return map[string]string{
			AddonNetwork: "v1.21.1-eksbuild.1", AddonProxy: proxy, AddonDNS: dns, AddonPodIdentity: "v1.3.10-eksbuild.1",
			AddonVolumes: "v1.54.0-eksbuild.1", AddonGuardDuty: "v1.12.1-eksbuild.2",
		}
	}
	return []Version{
		{"v1.35.0", "2027-03-27", addons("v1.35.0-eksbuild.2", "v1.13.1-eksbuild.1")},
		{"v1.34.0", "2026-12-02", addons("v1.34.1-eksbuild.2", "v1.12.4-eksbuild.1")},
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
