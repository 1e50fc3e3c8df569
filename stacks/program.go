package stacks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/isolation"
	"github.com/rampart-iac/rampart/components/network"
	"github.com/rampart-iac/rampart/components/tenant"
	"github.com/rampart-iac/rampart/providers"
	"github.com/rampart-iac/rampart/providers/kind"
	"github.com/rampart-iac/rampart/providers/kind/keys"
)

// Program is the Pulumi program of every stack. Each layer comes after all that it needs: what denies comes after what
// it would break. A layer names what is last in the layer before it: all that a resource names is in the state, once for
// each resource.
func Program(makers Makers) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error { return program(ctx, makers) }
}

func program(ctx *pulumi.Context, makers Makers) error {
	run, err := newRun()
	if err != nil {
		return err
	}
	makeCluster, err := run.maker(makers)
	if err != nil {
		return err
	}
	if err := run.warn(ctx); err != nil {
		return err
	}
	if err := run.sameCluster(ctx); err != nil {
		return err
	}
	cluster, err := makeCluster(ctx, run.config)
	if err != nil {
		return err
	}
	ready, err := run.network(ctx, cluster)
	if err != nil {
		return err
	}
	policies, err := run.admission(ctx, cluster, ready)
	if err != nil {
		return err
	}
	if _, err := run.access(ctx, cluster, policies); err != nil {
		return err
	}
	walls, err := run.isolation(ctx, cluster, policies)
	if err != nil {
		return err
	}
	tenants, err := run.tenants(ctx, cluster, policies, walls)
	if err != nil {
		return err
	}
	run.export(ctx, cluster, tenants)
	return nil
}

// run is one run of the program.
type run struct {
	config Config
	images *Images

	// resolved is what the stack's baseline comes to.
	resolved baseline.Resolved

	// now is the moment of the run.
	now time.Time

	// held are the names of tenants that this run leaves out.
	held []string

	// directory holds this cluster's own files on this machine, approver is a program that runs on its control plane.
	directory, approver string
}

// warn says in every preview and every up what is not wrong, and should be known.
func (r run) warn(ctx *pulumi.Context) error {
	for _, line := range r.config.warnings(r.now) {
		if err := ctx.Log.Warn(line, nil); err != nil {
			return err
		}
	}
	return nil
}

// kind makes a cluster on this machine, hardened but without a network.
func (r run) kind(ctx *pulumi.Context, config Config) (*providers.Cluster, error) {
	c := config.Cluster
	workers := c.Workers
	if workers == 0 {
		workers = kind.NoWorkers
	}
	return kind.NewCluster(ctx, c.Name, &kind.ClusterArgs{
		Name:              c.Name,
		KubernetesVersion: c.KubernetesVersion,
		Image:             r.nodeImage(),
		Workers:           workers,
		PodCIDR:           c.PodCIDR,
		ServiceCIDR:       c.ServiceCIDR,
		Level:             config.Baseline.Level,
		TLSMinVersion:     c.TLSMinVersion,
		Deployers:         kind.Principals(r.emergency()),
		Engine:            c.Engine,
		APIServerPort:     c.APIServerPort,
		Directory:         r.directory,
		Approver:          r.approver,
		Ephemeral:         c.Ephemeral,
		KeyStep:           keys.Step(os.Getenv(KeyStepVariable)),
	})
}

// nodeImage is the stack's own image, or else that of the road. The zero Image means the published one.
func (r run) nodeImage() kind.Image {
	if r.config.Cluster.Image != "" {
		return kind.Image{Reference: r.config.Cluster.Image}
	}
	node := r.images.Node
	return kind.Image{Reference: node.Reference, Archive: node.Archive, ID: node.ID}
}

// network installs the pod network, or beside the cloud's own what enforces policies in it, if the cluster comes without,
// and returns what tells that pods can run.
func (r run) network(ctx *pulumi.Context, cluster *providers.Cluster) ([]pulumi.Resource, error) {
	if !cluster.Facts.NeedsNetwork && !cluster.Facts.NeedsPolicyEngine {
		return cluster.Ready, nil
	}
	calico, err := network.NewCalico(ctx, cluster.Name+"-calico", &network.CalicoArgs{
		CRDs:              os.DirFS(r.images.CalicoCRDs),
		PodCIDR:           cluster.Facts.PodCIDR,
		PodInterfaces:     cluster.Facts.PodInterfaces,
		KubernetesVersion: cluster.Facts.KubernetesVersion,
		Images:            r.calicoImages(),
		HostEndpoints:     true,
	}, cluster.InCluster(cluster.Ready...)...)
	if err != nil {
		return nil, err
	}
	if cluster.AwaitNodes == nil {
		return calico.Ready, nil
	}
	nodes, err := cluster.AwaitNodes(ctx, calico.Ready...)
	return []pulumi.Resource{nodes}, err
}

// calicoImages are those that are on the nodes already, or the published ones, from the stack's own registry if it has one.
func (r run) calicoImages() network.Images {
	if registry := r.config.EKS.ImageRegistry; registry != "" {
		return network.PublishedImages().From(registry)
	}
	if r.config.Provider != ProviderKind {
		return network.Images{}
	}
	return network.Images{
		Node:            r.images.Images["calico-node"].Reference,
		CNI:             r.images.Images["calico-cni"].Reference,
		KubeControllers: r.images.Images["calico-kube-controllers"].Reference,
	}
}

// access says who looks after the cluster.
func (r run) access(
	ctx *pulumi.Context, cluster *providers.Cluster, after pulumi.Resource,
) (*access.ClusterAccess, error) {
	args := &access.ClusterAccessArgs{
		Viewers:   r.config.Access.Viewers.subjects(),
		Operators: r.config.Access.Operators.subjects(),
		Auditors:  r.config.Access.Auditors.subjects(),
	}
	if glass := r.config.Access.BreakGlass; glass.Given() {
		grant := glass.Grant()
		args.BreakGlass = &grant
	}
	return access.NewClusterAccess(ctx, cluster.Name+"-access", args, cluster.InCluster(after)...)
}

// isolation denies what nobody allows, in all namespaces at once and in those to come, if the cluster has what can. Without
// it there is none.
func (r run) isolation(
	ctx *pulumi.Context, cluster *providers.Cluster, after pulumi.Resource,
) (*isolation.ClusterIsolation, error) {
	if cluster.Facts.PolicyEnforcer != baseline.PolicyEnforcerCalico {
		return nil, nil
	}
	args := r.config.clusterIsolation(cluster.Facts.PolicyEnforcer, r.resolved)
	args.Surroundings.ManagedControlPlane = cluster.Facts.ControlPlane == baseline.ControlPlaneManaged
	args.Tenants = slices.DeleteFunc(args.Tenants, func(each isolation.TenantRules) bool {
		return slices.Contains(r.held, each.Namespace)
	})
	return isolation.NewClusterIsolation(ctx, cluster.Name+"-isolation", &args, cluster.InCluster(after)...)
}

// tenants makes the tenants, by their names: each after the policies of the API server, and after its own border if there
// are walls.
func (r run) tenants(
	ctx *pulumi.Context, cluster *providers.Cluster, policies pulumi.Resource, walls *isolation.ClusterIsolation,
) (map[string]*tenant.Tenant, error) {
	tenants := map[string]*tenant.Tenant{}
	for _, each := range r.config.Tenants {
		if slices.Contains(r.held, each.Name) {
			continue
		}
		args := each.args(cluster.Facts, r.resolved)
		args.Allow, args.Surroundings = each.networkRules(r.resolved), r.config.surroundings(cluster.Facts.PolicyEnforcer)
		after := policies
		if walls != nil {
			after = walls.Borders[each.Name] // which comes after the policies
		}
		made, err := tenant.NewTenant(ctx, cluster.Name+"-"+each.Name, args, cluster.InCluster(after)...)
		if err != nil {
			return nil, err
		}
		tenants[each.Name] = made
	}
	return tenants, nil
}

// readConfig reads the configuration that the engine handed to the program, and what this machine provides.
func readConfig() (Config, Host, error) {
	values, err := engineValues()
	if err != nil {
		return Config{}, Host{}, err
	}
	home, err := Home()
	if err != nil {
		return Config{}, Host{}, err
	}
	host, err := ThisHost(home, os.Getenv(pulumi.EnvStack))
	if err != nil {
		return Config{}, Host{}, err
	}
	secrets, err := engineSecrets()
	if err != nil {
		return Config{}, Host{}, err
	}
	config, err := load(values, secrets, host)
	if err != nil {
		return Config{}, Host{}, fmt.Errorf("the configuration of this stack:\n%w", err)
	}
	return config, host, nil
}

// newRun is a run of what the engine handed over.
func newRun() (run, error) {
	config, host, err := readConfig()
	if err != nil {
		return run{}, err
	}
	home, err := Home()
	if err != nil {
		return run{}, err
	}
	if host.Images == nil {
		return run{}, fmt.Errorf("there is no %s in %s: run \"make tools\" once, it finds or builds the images and programs "+
			"that a cluster is made of", ImagesFile, home)
	}
	resolved, err := config.Resolve(host.Now)
	if err != nil {
		return run{}, fmt.Errorf("the baseline of this stack:\n%w", err)
	}
	return run{
		config: config, images: host.Images, resolved: resolved, now: host.Now,
		held:      strings.Split(os.Getenv(HeldTenantsVariable), ","),
		directory: ClusterDirectory(home, config.Cluster.Name), approver: Approver(home),
	}, nil
}

// Approver is the path of the program cmd/rampart-approver, compiled for the nodes of the clusters of a working folder.
func Approver(home string) string {
	return filepath.Join(home, "bin", "rampart-approver")
}

// ClusterDirectory is the folder in a working folder that holds the files of one cluster.
func ClusterDirectory(home, cluster string) string {
	return filepath.Join(home, "clusters", cluster)
}
