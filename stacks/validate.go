package stacks

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/baseline"
)

// ProviderKind makes clusters of containers on this machine.
const ProviderKind = string(baseline.ProviderKind)

var (
	knownProviders = []string{ProviderKind, ProviderEKS, ProviderAKS, ProviderGKE}
	knownEngines   = []string{"auto", "docker", "podman", "nerdctl"}

	// kind's own rule, with a start and an end that node names need.
	clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

	// The label of RFC 1123 that namespaces are named by.
	namespaceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

	// A tag or a digest at the end of an image's reference.
	pinnedImage = regexp.MustCompile(`^[^\s@]+(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|@sha256:[0-9a-f]{64})$`)
)

const (
	longestClusterName = 50 // "-control-plane" follows, and a host name has at most 64 letters
	longestNamespace   = 63
	mostWorkers        = 10 // more nodes than one machine can hold are a slip of the pen
)

// validate checks the values of a configuration against each other and against the machine. Settings that are already
// known to be faulty are left out: their values are not those of the stack.
func validate(config Config, host Host, known Faults) Faults {
	v := &validator{config: config, host: host, faulty: map[string]bool{}}
	for _, fault := range known {
		v.faulty[fault.Path] = true
	}
	v.provider()
	v.baseline()
	switch config.Provider {
	case ProviderEKS:
		v.onlyKind()
		v.eks()
	case ProviderAKS:
		v.onlyKind()
		v.aks()
	case ProviderGKE:
		v.onlyKind()
		v.gke()
	default:
		v.cluster()
		v.ranges()
	}
	v.otherClouds()
	v.standing()
	v.admission()
	v.access()
	v.tenants()
	v.isolation()
	return v.faults
}

type validator struct {
	config Config
	host   Host
	faulty map[string]bool
	faults Faults

	// resolved is what the stack's baseline comes to, empty if anything is wrong with it.
	resolved baseline.Resolved
}

// report adds a fault of a setting, unless it, or what it is a part of, has one already.
func (v *validator) report(path string, value any, rule string, arguments ...any) {
	path = Project + ":" + path
	for faulty := range v.faulty {
		if rest, below := strings.CutPrefix(path, faulty); below && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return
		}
	}
	v.faults.add(path, show(value), rule, arguments...)
}

// below returns a report of the faults of one setting's parts, as components give them.
func (v *validator) below(path string) func(field string, value any, rule string) {
	return func(field string, value any, rule string) { v.report(path+"."+field, value, "%s", rule) }
}

func (v *validator) provider() {
	if !slices.Contains(knownProviders, v.config.Provider) {
		v.report("provider", v.config.Provider, "is not a known provider: use one of %s", strings.Join(knownProviders, ", "))
	}
}

// standing refuses what would have the engine make another cluster and then delete the one that the stack has: names of
// resources begin with the cluster's, so that another name is another cluster to it
// (docs/decisions/0007-no-silent-replacement.md). It refuses the name of another stack's cluster as well.
func (v *validator) standing() {
	name, ofKind := v.config.Cluster.Name, v.config.Provider == ProviderKind
	for _, each := range v.host.Clusters {
		if v.host.Stack == "" || each.Stack == "" {
			continue
		}
		const remedy = "makes another cluster and deletes %s, which this stack has, with all that is in it: put it back, or run " +
			"\"make destroy\" before the change"
		own := each.Stack == v.host.Stack
		switch {
		case !own && ofKind && each.Name == name:
			v.report("cluster.name", name, "is the name of stack %s's cluster on this machine: choose another one", each.Stack)
		case own && each.Complete && !ofKind:
			v.report("provider", v.config.Provider, remedy, each.Name)
		case own && each.Complete && each.Name != name:
			v.report("cluster.name", name, remedy, each.Name)
		}
	}
}

func (v *validator) cluster() {
	c := v.config.Cluster
	if !clusterName.MatchString(c.Name) || len(c.Name) > longestClusterName {
		v.report("cluster.name", c.Name, "is not a cluster name: use at most %d lower-case letters, digits, dots and "+
			"dashes, with a letter or digit at both ends", longestClusterName)
	}
	v.kubernetesVersion()
	if c.Image != "" && !pinnedImage.MatchString(c.Image) {
		v.report("cluster.image", c.Image, "has neither a tag nor a digest: add :<tag> or, better, @sha256:<digest>")
	}
	if strings.HasSuffix(c.Image, ":latest") {
		v.report("cluster.image", c.Image, "has the tag latest, which moves: name a release or a digest")
	}
	if c.Workers < 0 || c.Workers > mostWorkers {
		v.report("cluster.workers", c.Workers, "is out of range: use 0 to %d", mostWorkers)
	}
	if c.TLSMinVersion != baseline.TLS12 && c.TLSMinVersion != baseline.TLS13 {
		v.report("cluster.tlsMinVersion", c.TLSMinVersion, "is not a TLS version that may be the floor: use %q, or %q for "+
			"clients that cannot do better", baseline.TLS13, baseline.TLS12)
	}
	if !slices.Contains(knownEngines, c.Engine) {
		v.report("cluster.engine", c.Engine, "is not a known container engine: use one of %s", strings.Join(knownEngines, ", "))
	}
	if c.APIServerPort != 0 && (c.APIServerPort < 1024 || c.APIServerPort > 65535) {
		v.report("cluster.apiServerPort", c.APIServerPort, "is out of range: use 1024 to 65535, or 0 for a free port")
	}
}

func (v *validator) kubernetesVersion() {
	version := v.config.Cluster.KubernetesVersion
	supported := baseline.SupportedKubernetesVersions()
	if !slices.Contains(supported, version) {
		names := make([]string, 0, len(supported))
		for _, each := range supported {
			names = append(names, string(each))
		}
		v.report("cluster.kubernetesVersion", version, "is not supported: use one of %s", strings.Join(names, ", "))
		return
	}
	images := v.host.Images
	if images == nil || v.config.Cluster.Image != "" {
		return
	}
	_, unpublished := baseline.PublishedNodeImage(version)
	switch {
	case images.Road == RoadAirgap && images.KubernetesVersion != version:
		v.report("cluster.kubernetesVersion", version, "is not the version that was built last for this working folder, which "+
			"is %s: run \"make tools STACK=<stack>\" (\"make up\" does it by itself), it builds the one that the stack names",
			images.KubernetesVersion)
	case images.Road == RoadPublished && unpublished != nil:
		v.report("cluster.kubernetesVersion", version, "has no published image that is pinned by digest: use %s, name an image "+
			"of your own (cluster.image), or have it built (RAMPART_ROAD=airgap)", baseline.DefaultKubernetesVersion)
	}
}

// smallestPodRange and smallestServiceRange are prefix lengths. A node takes a /26 of the pod range, and kubeadm wants
// room for the services of a small cluster at least.
const (
	smallestPodRange     = 24
	smallestServiceRange = 24
	largestServiceRange  = 12 // the API server keeps a bitmap of the service range, and refuses more than 20 bits
	largestPodRange      = 8
)

func (v *validator) ranges() {
	c := v.config.Cluster
	pods, podsOK := v.cidr("cluster.podCIDR", c.PodCIDR, largestPodRange, smallestPodRange)
	services, servicesOK := v.cidr("cluster.serviceCIDR", c.ServiceCIDR, largestServiceRange, smallestServiceRange)
	if podsOK && servicesOK && pods.Overlaps(services) {
		v.report("cluster.podCIDR", c.PodCIDR, "overlaps rampart:cluster.serviceCIDR %q: choose ranges that do not meet",
			c.ServiceCIDR)
	}
	if slices.ContainsFunc(v.host.Clusters, func(each StandingCluster) bool { return each.Name == c.Name }) {
		// The cluster has its ranges, and a tunnel that somebody opened since is no reason to refuse it.
		return
	}
	for _, network := range v.host.Networks {
		if podsOK && pods.Overlaps(network.Range) {
			v.report("cluster.podCIDR", c.PodCIDR, "overlaps %s of this machine's interface %s: choose a range that this "+
				"machine does not use", network.Range, network.Interface)
		}
		if servicesOK && services.Overlaps(network.Range) {
			v.report("cluster.serviceCIDR", c.ServiceCIDR, "overlaps %s of this machine's interface %s: choose a range that "+
				"this machine does not use", network.Range, network.Interface)
		}
	}
}

// cidr parses an IPv4 range of a size between two prefix lengths, and says whether it could.
func (v *validator) cidr(path, text string, largest, smallest int) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		v.report(path, text, "is not a range in CIDR notation: write one such as 10.244.0.0/16")
	case !prefix.Addr().Is4():
		v.report(path, text, "is not an IPv4 range: only IPv4 is supported")
	case prefix.Masked() != prefix:
		v.report(path, text, "has bits set behind the prefix: did you mean %s?", prefix.Masked())
	case prefix.Bits() < largest || prefix.Bits() > smallest:
		v.report(path, text, "is a /%d: use a range from /%d to /%d", prefix.Bits(), largest, smallest)
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}
