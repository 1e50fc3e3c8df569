package spec

import (
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// Version is a version of Kubernetes on AKS. AKS is asked for a minor version, and patches it itself in the cluster's
// maintenance window.
type Version struct {
	Kubernetes baseline.KubernetesVersion
}

// Versions are those that Rampart makes, newest first.
func Versions() []Version {
	return []Version{{"v1.35.0"}, {"v1.34.0"}}
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

// AKS is the version as AKS writes it: 1.35.
func (v Version) AKS() string {
	parts := strings.Split(strings.TrimPrefix(string(v.Kubernetes), "v"), ".")
	return strings.Join(parts[:2], ".")
}
