package network

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// Version is the Calico release that this package's wiring and CRDs are those of.
const Version = "v3.28.5"

// CRDsURL is where the release publishes its CRDs as one file, and CRDsSHA256 what that file hashes to. The same
// definitions stand in the release's Go module, under libcalico-go/config/crd.
const (
	CRDsURL    = "https://raw.githubusercontent.com/projectcalico/calico/" + Version + "/manifests/crds.yaml"
	CRDsSHA256 = "541635bf3e0cd409ff2f5b9b78363ac8901da4565fffaeb4c1507e19461bf4c7"
)

// CalicoArgs describe an installation. All fields are plain: they decide what exists and must be known at preview.
type CalicoArgs struct {
	// CRDs holds the release's custom resource definitions in *.yaml files at its root: the folder
	// libcalico-go/config/crd of the Go module, or a folder with the file of CRDsURL. Required.
	CRDs fs.FS

	// PodCIDR is the IPv4 range that pods get their addresses from, in CIDR notation: baseline.Facts.PodCIDR. Required
	// without PodInterfaces.
	PodCIDR string

	// PodInterfaces is how the names of pods' interfaces start in the pod network that the cluster has already, such as eni
	// for the VPC CNI of EKS: baseline.Facts.PodInterfaces. Calico then enforces policies and does nothing else: it gives no
	// addresses, makes no tunnels and writes nothing onto the nodes. Default: none, and Calico is the pod network.
	PodInterfaces string

	// Images to run. Default: PublishedImages.
	Images Images

	// KubernetesVersion of the cluster: baseline.Facts.KubernetesVersion. An upgrade writes cluster DNS anew, after which it is
	// waited for again. Optional.
	KubernetesVersion baseline.KubernetesVersion

	// HostEndpoints gives every node a host endpoint, with which policies can name the node and guard it. Without a policy
	// for them nothing changes: the profile of these endpoints allows all. Default: false.
	HostEndpoints bool

	// MTU of the pods' interfaces and of the tunnel, in bytes. Default: 0, found out on each node.
	MTU int
}

// Images are the three images of an installation, each with a tag or a digest.
type Images struct {
	Node            string
	CNI             string
	KubeControllers string
}

// PublishedImages returns Calico's own images, pinned by digest.
//
// The digests are those of the multi-platform indexes of v3.28.1 on Docker Hub, as container runtimes report them for
// that tag. They are of an earlier patch release than Version because no digests of v3.28.5 could be confirmed; within
// 3.28 the wiring and the CRDs serve every patch release.
func PublishedImages() Images {
	return Images{
		Node: "docker.io/calico/node:v3.28.1" +
			"@sha256:d8c644a8a3eee06d88825b9a9fec6e7cd3b7c276d7f90afa8685a79fb300e7e3",
		CNI: "docker.io/calico/cni:v3.28.1" +
			"@sha256:e486870cfde8189f9ea145148bc353a2c0fca1f445213274023c1d11df69ae19",
		KubeControllers: "docker.io/calico/kube-controllers:v3.28.1" +
			"@sha256:eadb3a25109a5371b7b2dc30d74b2d9b2083eba58abdc034c81f974a48871330",
	}
}

// From returns the same images, by the same digests, in a registry that mirrors Docker Hub's under its own name.
func (i Images) From(registry string) Images {
	moved := func(reference string) string { return registry + strings.TrimPrefix(reference, "docker.io") }
	return Images{Node: moved(i.Node), CNI: moved(i.CNI), KubeControllers: moved(i.KubeControllers)}
}

// policyOnly says that pods' addresses and interfaces are another network's business.
func (a CalicoArgs) policyOnly() bool { return a.PodInterfaces != "" }

// withDefaults returns a copy in which every field that has a default is set. Images are all given or all defaulted:
// a mix of two releases is a mistake that validate reports.
func (a CalicoArgs) withDefaults() CalicoArgs {
	if a.Images == (Images{}) {
		a.Images = PublishedImages()
	}
	return a
}

func (a CalicoArgs) validate() error {
	var faults []error
	if a.CRDs == nil {
		faults = append(faults, fmt.Errorf(
			"crds is required: give a folder with the file of %s, or with those of libcalico-go/config/crd in Calico's module",
			CRDsURL))
	}
	prefix, err := netip.ParsePrefix(a.PodCIDR)
	switch {
	case a.policyOnly():
		if !interfaceStart.MatchString(a.PodInterfaces) {
			faults = append(faults, fmt.Errorf("podInterfaces %q: give the letters and digits that the names of pods' interfaces "+
				"start with, such as eni", a.PodInterfaces))
		}
	case err != nil:
		faults = append(faults, fmt.Errorf("podCIDR %q: give an IPv4 range in CIDR notation, such as 10.244.0.0/16",
			a.PodCIDR))
	case !prefix.Addr().Is4():
		faults = append(faults, fmt.Errorf("podCIDR %q: only IPv4 is supported", a.PodCIDR))
	case prefix.Masked() != prefix:
		faults = append(faults, fmt.Errorf("podCIDR %q: bits are set behind the prefix: did you mean %s?",
			a.PodCIDR, prefix.Masked()))
	case prefix.Bits() > 26:
		faults = append(faults, fmt.Errorf("podCIDR %q: a node takes blocks of 64 addresses: give a /26 or larger",
			a.PodCIDR))
	}
	for _, image := range []struct{ field, value string }{
		{"images.node", a.Images.Node},
		{"images.cni", a.Images.CNI},
		{"images.kubeControllers", a.Images.KubeControllers},
	} {
		if fault := checkImage(image.field, image.value); fault != nil {
			faults = append(faults, fault)
		}
	}
	// 576 bytes is what every IPv4 host must take; the tunnel's header takes 50 more.
	if a.MTU != 0 && (a.MTU < 576 || a.MTU > 65535) {
		faults = append(faults, fmt.Errorf("mtu %d: give 576 to 65535 bytes, or 0 to have it found out", a.MTU))
	}
	return errors.Join(faults...)
}

// interfaceStart leaves room for the hash that follows: names of interfaces have at most 15 letters.
var interfaceStart = regexp.MustCompile(`^[a-z][a-z0-9]{1,6}$`)

// checkImage holds our own images to the rule that tenants' images are held to: what runs is what was reviewed.
func checkImage(field, value string) error {
	name, digest, _ := strings.Cut(value, "@")
	tag := ""
	if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
		tag = name[at+1:]
	}
	switch {
	case value == "":
		return fmt.Errorf("%s is required if another image is given: name all three or none", field)
	case digest == "" && tag == "":
		return fmt.Errorf("%s %q: add a tag or, better, a digest", field, value)
	case digest == "" && tag == "latest":
		return fmt.Errorf("%s %q: the tag latest moves: name a release or a digest", field, value)
	}
	return nil
}
