package plugin

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

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
)

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
