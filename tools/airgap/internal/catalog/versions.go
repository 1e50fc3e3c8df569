// Package catalog says which parts there are, at which versions, and how they fit together. Another version of
// Kubernetes is one more entry in releases and one more recipe folder for each component whose version differs.
package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Release is a version of Kubernetes with the versions of all that belongs to it.
type Release struct {
	// Kubernetes as tags name it: v1.37.0. Recipe folder kubernetes-<version>.
	Kubernetes string
	// Etcd is the version of the modules (recipe folder etcd-<version>), EtcdTag the tag of the image that kubeadm of
	// this release wants.
	Etcd, EtcdTag string
	// CoreDNS, as kubeadm of this release wants it. Recipe folder coredns-<version>.
	CoreDNS string
	// Pause is the tag of the sandbox image.
	Pause string
	// Containerd in the node. Recipe folder containerd-<version>.
	Containerd string
	// Agnhost is the content of test/images/agnhost/VERSION in the Kubernetes module.
	Agnhost string
}

// DefaultKubernetes is the version that is built when none is named.
const DefaultKubernetes = "v1.37.0"

var releases = []Release{
	{
		Kubernetes: "v1.37.0",
		Etcd:       "v3.7.0", EtcdTag: "3.7.0-0",
		CoreDNS:    "v1.14.6",
		Pause:      "3.10.2",
		Containerd: "v2.2.0",
		Agnhost:    "2.66.1",
	},
	{
		Kubernetes: "v1.37.2",
		Etcd:       "v3.7.0", EtcdTag: "3.7.0-0",
		CoreDNS:    "v1.14.6",
		Pause:      "3.10.2",
		Containerd: "v2.2.0",
		Agnhost:    "2.66.1",
	},
	{
		Kubernetes: "v1.36.3",
		Etcd:       "v3.6.8", EtcdTag: "3.6.8-0",
		CoreDNS:    "v1.14.2",
		Pause:      "3.10.2",
		Containerd: "v2.2.0",
		Agnhost:    "2.63.0",
	},
	{
		Kubernetes: "v1.35.3",
		Etcd:       "v3.6.6", EtcdTag: "3.6.6-0",
		CoreDNS:    "v1.13.1",
		Pause:      "3.10.1",
		Containerd: "v2.2.0",
		Agnhost:    "2.59",
	},
}

// Versions that do not depend on the version of Kubernetes.
const (
	pulumiVersion    = "v3.256.0"
	languageVersion  = "v3.66.0"
	kubernetesPlugin = "v4.18.1"
	calicoVersion    = "v3.28.5"
	localPathVersion = "v0.0.30"
	kindVersion      = "v0.33.0"
	pauseProgram     = "v3.10.2"
	localRepository  = "localhost/rampart/"
	upstreamRegistry = "registry.k8s.io/"
	nodeRepository   = localRepository + "node"
	kindModule       = "sigs.k8s.io/kind"
	calicoModule     = "github.com/projectcalico/calico"
	localPathModule  = "github.com/rancher/local-path-provisioner"
	kubePluginModule = "github.com/pulumi/pulumi-kubernetes/provider/v4"
	versionVariable  = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
)

// FindRelease looks up a version of Kubernetes; the error names those that there are.
func FindRelease(kubernetes string) (Release, error) {
	i := slices.IndexFunc(releases, func(r Release) bool { return r.Kubernetes == kubernetes })
	if i >= 0 {
		return releases[i], nil
	}
	var known []string
	for _, r := range releases {
		known = append(known, r.Kubernetes)
	}
	return Release{}, fmt.Errorf(
		"kubernetes version %q: there is no recipe for it; known are %s (docs/airgap.md says how to add one)",
		kubernetes, strings.Join(known, ", "))
}
