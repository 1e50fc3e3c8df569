package baseline

import (
	"fmt"
	"slices"

	"golang.org/x/mod/semver"
)

// KubernetesVersion is an exact Kubernetes version with its leading v, such as v1.37.0.
type KubernetesVersion string

// Has says whether a version is of a minor release, such as v1.36, or a later one. What is not a version has nothing.
func (v KubernetesVersion) Has(minor MinorRelease) bool {
	return semver.IsValid(string(v)) && semver.Compare(semver.MajorMinor(string(v)), string(minor)) >= 0
}

// MinorRelease of Kubernetes with its leading v, such as v1.37: what it brings, all later ones have.
type MinorRelease string

// DefaultKubernetesVersion is the version that a stack gets if it names none. docs/decisions/0002-kubernetes-version.md
// says why it is this one.
const DefaultKubernetesVersion KubernetesVersion = "v1.37.0"

// NodeImage is the published kind node image of one Kubernetes version, pinned by digest.
type NodeImage struct {
	Version   KubernetesVersion
	Reference string
}

// supportedVersions are the versions that Rampart supports, newest first. Each can be built without a network
// (tools/airgap); docs/decisions/0002-kubernetes-version.md says what it takes to add one.
var supportedVersions = []KubernetesVersion{"v1.37.2", "v1.37.0", "v1.36.3", "v1.35.3"}

// publishedNodeImages holds the images whose digests we can vouch for: those that the kind project publishes with its release
// v0.33.0.
var publishedNodeImages = []NodeImage{
	{
		Version: "v1.37.0",
		Reference: "docker.io/kindest/node:v1.37.0" +
			"@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5",
	},
}

// SupportedKubernetesVersions lists the versions that Rampart supports, newest first.
func SupportedKubernetesVersions() []KubernetesVersion { return slices.Clone(supportedVersions) }

// CheckKubernetesVersion returns nothing for a supported version, and else which ones are.
func CheckKubernetesVersion(version KubernetesVersion) error {
	if slices.Contains(supportedVersions, version) {
		return nil
	}
	return fmt.Errorf("kubernetesVersion %q is not supported: use one of %s", version, list(supportedVersions))
}

// PublishedNodeImage returns the published kind node image of a supported version. Not every supported version has one.
func PublishedNodeImage(version KubernetesVersion) (NodeImage, error) {
	if err := CheckKubernetesVersion(version); err != nil {
		return NodeImage{}, err
	}
	published := make([]KubernetesVersion, 0, len(publishedNodeImages))
	for _, image := range publishedNodeImages {
		if image.Version == version {
			return image, nil
		}
		published = append(published, image.Version)
	}
	return NodeImage{}, fmt.Errorf("kubernetesVersion %q has no published node image that is pinned by digest: use one of %s, "+
		"name an image of your own (image), or build it (RAMPART_ROAD=airgap)", version, list(published))
}
