package plugin

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/baseline"
)

const (
	// maxNameLength leaves room for the longest suffix of a node's name in a host name of 64 characters.
	maxNameLength = 50

	// maxWorkers is more than a laptop runs; beyond it a typing error is likelier than a wish.
	maxWorkers = 10

	minPort = 1024
	maxPort = 65535
)

var (
	// nameRule is kind's rule, with an alphanumeric first and last character: node names become host names.
	nameRule = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

	versionRule = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

	// imageTagRule and imageDigestRule are the distribution specification's.
	imageTagRule    = regexp.MustCompile(`:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	imageDigestRule = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// patchKinds are the documents that kind renders for kubeadm. kind skips a patch for any other without a word.
func patchKinds() []string {
	return []string{
		"ClusterConfiguration", "InitConfiguration", "JoinConfiguration", "KubeletConfiguration", "KubeProxyConfiguration",
	}
}

// Check reports every fault of the inputs at once. Whether a range overlaps the host's is asked only when it is new: the
// host's networks come and go, and a cluster that stands does not become faulty by it.
func (c *Cluster) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[ClusterArgs], error) {
	args, failures, err := infer.DefaultCheck[ClusterArgs](ctx, req.NewInputs)
	if err != nil {
		return infer.CheckResponse[ClusterArgs]{}, err
	}
	check := &clusterCheck{inputs: req.NewInputs, old: req.OldInputs, failures: failures}
	check.name(args.Name)
	check.version(args.KubernetesVersion)
	check.image(args.Image)
	check.imageArchive(args.imageArchive())
	check.imageID(args.imageID())
	check.engine(args.engine())
	check.workers(args.workers())
	check.port(args.apiServerPort())
	check.directory(args.Directory)
	check.files(args.ControlPlaneFiles)
	check.units("controlPlaneUnits", args.ControlPlaneUnits)
	check.units("workerUnits", args.WorkerUnits)
	check.programs(args.ControlPlanePrograms)
	check.patches(args.KubeadmConfigPatches)
	check.subnets(args.PodSubnet, args.ServiceSubnet, c.host.networks)
	return infer.CheckResponse[ClusterArgs]{Inputs: args, Failures: check.failures}, nil
}

// clusterCheck collects the faults of one cluster's inputs.
type clusterCheck struct {
	inputs   property.Map
	old      property.Map
	failures []p.CheckFailure
}

func (c *clusterCheck) fail(name, format string, args ...any) {
	c.failures = append(c.failures, p.CheckFailure{Property: name, Reason: fmt.Sprintf(format, args...)})
}

// given says whether there is a value to check: it is set, known in full, and was not found faulty before.
func (c *clusterCheck) given(name string) bool {
	value, ok := c.inputs.GetOk(name)
	if !ok || value.IsNull() || value.HasComputed() {
		return false
	}
	return !slices.ContainsFunc(c.failures, func(failure p.CheckFailure) bool { return failure.Property == name })
}

func (c *clusterCheck) name(name string) {
	if !c.given("name") {
		return
	}
	if !nameRule.MatchString(name) {
		c.fail("name", "%q is not a cluster name: use lower-case letters, digits, dots and dashes, "+
			"with a letter or digit first and last", name)
	}
	if len(name) > maxNameLength {
		c.fail("name", "%q has %d characters: at most %d, because node names made from it must be valid host names",
			name, len(name), maxNameLength)
	}
}

func (c *clusterCheck) version(version string) {
	if !c.given("kubernetesVersion") {
		return
	}
	supported := baseline.SupportedKubernetesVersions()
	switch {
	case !versionRule.MatchString(version):
		c.fail("kubernetesVersion", "%q is not a version: write it as vMAJOR.MINOR.PATCH, such as %s", version,
			baseline.DefaultKubernetesVersion)
	case !slices.Contains(supported, baseline.KubernetesVersion(version)):
		c.fail("kubernetesVersion", "%q is not supported: use one of %v", version, supported)
	}
}

func (c *clusterCheck) image(image string) {
	if !c.given("image") {
		return
	}
	name, digest, hasDigest := strings.Cut(image, "@")
	switch {
	case name == "" || strings.ContainsFunc(image, func(r rune) bool { return r <= ' ' || r > '~' }):
		c.fail("image", "%q is not an image reference", image)
	case hasDigest && !imageDigestRule.MatchString(digest):
		c.fail("image", "%q has a digest that is not sha256: and 64 hexadecimal digits", image)
	case !hasDigest && !imageTagRule.MatchString(name[strings.LastIndex(name, "/")+1:]):
		c.fail("image", "%q has neither tag nor digest: a node image must be pinned", image)
	case !hasDigest && strings.HasSuffix(name, ":latest"):
		c.fail("image", "%q is tagged latest, which names no image in particular: a node image must be pinned", image)
	}
}

func (c *clusterCheck) imageArchive(archive string) {
	if c.given("imageArchive") && !filepath.IsAbs(archive) {
		c.fail("imageArchive", "%q is not an absolute path: the plugin's working directory is not the program's", archive)
	}
}

func (c *clusterCheck) imageID(id string) {
	if c.given("imageId") && !imageDigestRule.MatchString(id) {
		c.fail("imageId", "%q is not an image ID: it must be sha256: and 64 hexadecimal digits", id)
	}
}

func (c *clusterCheck) engine(engine string) {
	if c.given("engine") && engine != engineAuto && !slices.Contains(engineNames(), engine) {
		c.fail("engine", "%q is not a container engine: use %s, or %s for the first usable one",
			engine, strings.Join(engineNames(), ", "), engineAuto)
	}
}

func (c *clusterCheck) workers(workers int) {
	if c.given("workers") && (workers < 0 || workers > maxWorkers) {
		c.fail("workers", "%d workers: there may be 0 to %d", workers, maxWorkers)
	}
}

func (c *clusterCheck) port(port int) {
	if c.given("apiServerPort") && port != 0 && (port < minPort || port > maxPort) {
		c.fail("apiServerPort", "%d is not a usable port: use 0 for a free one, or %d to %d", port, minPort, maxPort)
	}
}

func (c *clusterCheck) directory(directory string) {
	if !c.given("directory") {
		return
	}
	if !filepath.IsAbs(directory) || filepath.Clean(directory) != directory || directory == filepath.Dir(directory) {
		c.fail("directory", "%q is not a clean absolute path of a folder below the root", directory)
	}
}

// known says whether there is a map of which at least the keys are known.
func (c *clusterCheck) known(name string) bool {
	value, ok := c.inputs.GetOk(name)
	return ok && !value.IsNull() && !value.IsComputed()
}

func (c *clusterCheck) files(files map[string]string) {
	if !c.known("controlPlaneFiles") {
		return
	}
	for _, name := range sortedKeys(files) {
		if !isCleanRelativePath(name) {
			c.fail("controlPlaneFiles", "%q is not a clean relative path: no leading slash, no . or .. in it", name)
			continue
		}
		// A file cannot also be the folder of another one.
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			if _, ok := files[parent]; ok {
				c.fail("controlPlaneFiles", "%q is a file and cannot hold %q", parent, name)
			}
		}
	}
}

func (c *clusterCheck) units(property string, units map[string]string) {
	if !c.known(property) {
		return
	}
	for _, name := range sortedKeys(units) {
		if !isCleanRelativePath(name) || unitOf(name) == "" {
			c.fail(property, "%q is neither a unit nor a drop-in: use a name such as my.service or kubelet.service.d/my.conf", name)
		}
	}
}

func (c *clusterCheck) programs(programs map[string]string) {
	if !c.known("controlPlanePrograms") {
		return
	}
	for _, name := range sortedKeys(programs) {
		if !isCleanRelativePath(name) || strings.Contains(name, "/") {
			c.fail("controlPlanePrograms", "%q is not a name of a program: no slashes in it", name)
		}
		if source := programs[name]; !filepath.IsAbs(source) || filepath.Clean(source) != source {
			c.fail("controlPlanePrograms", "%q is not a clean absolute path of a program on this machine", source)
		}
	}
}

func isCleanRelativePath(name string) bool {
	return name != "" && name != "." && path.Clean(name) == name && !path.IsAbs(name) &&
		name != ".." && !strings.HasPrefix(name, "../") && !strings.ContainsAny(name, "\\\x00")
}

func (c *clusterCheck) patches(patches []string) {
	value, ok := c.inputs.GetOk("kubeadmConfigPatches")
	if !ok || !value.IsArray() {
		return
	}
	for i, patch := range patches {
		if value.AsArray().Get(i).HasComputed() {
			continue
		}
		if reason := patchFault(patch); reason != "" {
			c.fail(fmt.Sprintf("kubeadmConfigPatches[%d]", i), "%s", reason)
		}
	}
}

func patchFault(patch string) string {
	var document map[string]any
	if err := yaml.UnmarshalStrict([]byte(patch), &document); err != nil {
		return fmt.Sprintf("the patch is not one YAML mapping: %v", err)
	}
	kind, _ := document["kind"].(string)
	if !slices.Contains(patchKinds(), kind) {
		return fmt.Sprintf("the patch has the kind %q and would be skipped: it must be one of %s",
			kind, strings.Join(patchKinds(), ", "))
	}
	if version, ok := document["apiVersion"]; ok {
		return fmt.Sprintf("the patch for %s has the apiVersion %q and would be skipped if kubeadm's differs: leave it out",
			kind, version)
	}
	return ""
}

func (c *clusterCheck) subnets(pods, services string, hostNetworks func() map[string][]netip.Prefix) {
	podSubnet, podOK := c.subnet("podSubnet", pods)
	serviceSubnet, serviceOK := c.subnet("serviceSubnet", services)
	if podOK && serviceOK && podSubnet.Overlaps(serviceSubnet) {
		c.fail("podSubnet", "%s overlaps serviceSubnet %s: an address must be a pod's or a service's", pods, services)
	}
	if podOK {
		c.apartFromHost("podSubnet", podSubnet, hostNetworks)
	}
	if serviceOK {
		c.apartFromHost("serviceSubnet", serviceSubnet, hostNetworks)
	}
}

// apartFromHost fails for a new range that overlaps one that the host itself reaches.
func (c *clusterCheck) apartFromHost(name string, subnet netip.Prefix, hostNetworks func() map[string][]netip.Prefix) {
	if c.old.Get(name).Equals(c.inputs.Get(name)) {
		return
	}
	found := hostNetworks()
	for _, link := range sortedKeys(found) {
		for _, network := range slices.Compact(found[link]) {
			if subnet.Overlaps(network) {
				c.fail(name, "%s overlaps %s, which this host reaches by %s: choose another range", subnet, network, link)
			}
		}
	}
}

func (c *clusterCheck) subnet(name, text string) (netip.Prefix, bool) {
	if !c.given(name) {
		return netip.Prefix{}, false
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		c.fail(name, "%q is not a range in CIDR notation, such as 10.244.0.0/16", text)
	case !prefix.Addr().Is4():
		c.fail(name, "%q is not an IPv4 range: kind clusters of Rampart are IPv4 only", text)
	case prefix.Masked() != prefix:
		c.fail(name, "%q has bits set behind its mask: did you mean %s?", text, prefix.Masked())
	default:
		return prefix, true
	}
	return netip.Prefix{}, false
}
