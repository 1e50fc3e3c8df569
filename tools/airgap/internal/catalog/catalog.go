package catalog

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/gobuild"
	"github.com/rampart-iac/rampart/tools/airgap/internal/node"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Options are what the catalog needs to know about the machine and the wish.
type Options struct {
	// Source is the folder of tools/airgap in the repository.
	Source  string
	Release Release
	// GoVersion is the toolchain's, see gobuild.Version.
	GoVersion string
	// AptSources is the content of an apt sources file, see debian.Sources.
	AptSources string
}

func (o Options) recipes() string { return filepath.Join(o.Source, "recipes") }

// Catalog is all parts of one release.
type Catalog struct {
	Release Release
	// Node is the node image.
	Node *part.Part
	// Programs are for the host.
	Programs []Program
	// CalicoCRDs has Calico's custom resource definitions in its folder crds.
	CalicoCRDs *part.Part

	options Options
	// references of the images, by short name.
	references map[string]string
	order      []*part.Part
}

// Program is a program for the host, and the part that has it, under the same name, in bin/.
type Program struct {
	Name string
	Part *part.Part
}

// New makes the catalog. It builds nothing and reads nothing.
func New(o Options) *Catalog {
	c := &Catalog{Release: o.Release, options: o, references: map[string]string{}}
	r := o.Release

	// In the order in which they should start: what the critical path waits for comes first.
	rootfs := c.rootfs("rootfs-node", "Debian for the node", debian.Rootfs{Packages: node.Packages()})
	network := c.rootfs("rootfs-network", "Debian for calico-node, kube-proxy", debian.Rootfs{Packages: networkPackages()})

	kubernetes := c.golang("kubernetes", "Kubernetes "+r.Kubernetes, kubernetesRecipe(r))
	containerd := c.golang("containerd", "containerd "+r.Containerd, containerdRecipe(r))
	etcd := c.golang("etcd", "etcd "+r.Etcd, etcdRecipe(r))
	coredns := c.golang("coredns", "CoreDNS "+r.CoreDNS, corednsRecipe(r))
	calico := c.golang("calico", "Calico "+calicoVersion, calicoRecipe())
	pause := c.golang("pause", "pause", pauseRecipe())
	localPath := c.golang("local-path-provisioner", "local-path-provisioner "+localPathVersion, localPathRecipe())
	pulumi := c.golang("pulumi", "Pulumi "+pulumiVersion, pulumiRecipe())
	language := c.golang("pulumi-language-go", "Pulumi's Go host "+languageVersion, languageRecipe())
	adapter := c.adapter()
	plugin := c.golang("pulumi-kubernetes", "Pulumi's Kubernetes plugin", kubernetesPluginRecipe())
	c.CalicoCRDs = c.calicoDefinitions()
	c.Programs = []Program{
		{Name: "pulumi", Part: pulumi},
		{Name: "pulumi-language-go", Part: adapter},
		// The name under which the adapter looks for it.
		{Name: "pulumi-language-go-" + languageVersion, Part: language},
		{Name: "pulumi-resource-kubernetes", Part: plugin},
		{Name: "kubectl", Part: kubernetes},
	}

	b := imageBuilder{
		c: c, kubernetes: kubernetes, etcd: etcd, coredns: coredns, calico: calico, pause: pause, localPath: localPath,
		network: network,
	}
	images := b.all()
	preload := c.preload(containerd, images)
	c.Node = c.node(rootfs, kubernetes, containerd, preload, images)
	return c
}

// All is every part, inputs first.
func (c *Catalog) All() []*part.Part { return c.order }

// Wanted are the parts that a user of the air-gapped road needs finished.
func (c *Catalog) Wanted() []*part.Part {
	wanted := []*part.Part{c.Node, c.CalicoCRDs}
	for _, program := range c.Programs {
		if !slices.Contains(wanted, program.Part) {
			wanted = append(wanted, program.Part)
		}
	}
	return wanted
}

func (c *Catalog) add(p *part.Part) *part.Part {
	c.order = append(c.order, p)
	return p
}

func (c *Catalog) golang(name, title string, r gobuild.Recipe) *part.Part {
	r.Dir = filepath.Join(c.options.recipes(), r.Dir)
	return c.add(&part.Part{
		Name: "go-" + name, Title: title, Class: part.Compute,
		Facts: r.Facts(c.options.GoVersion), Files: []string{r.Dir}, Build: r.Build,
	})
}

// adapter is the program that stands before the old language host. It belongs to this Go module.
func (c *Catalog) adapter() *part.Part {
	r := gobuild.Recipe{Dir: c.options.Source, Binaries: []gobuild.Binary{{Name: "pulumi-language-go", Package: "./languagehost"}}}
	return c.add(&part.Part{
		Name: "go-languagehost", Title: "adapter for Pulumi's Go host", Class: part.Compute,
		Facts: r.Facts(c.options.GoVersion), Build: r.Build,
		Files: []string{filepath.Join(r.Dir, "languagehost"), filepath.Join(r.Dir, "go.mod"), filepath.Join(r.Dir, "go.sum")},
	})
}

func (c *Catalog) rootfs(name, title string, r debian.Rootfs) *part.Part {
	r.Sources = c.options.AptSources
	return c.add(&part.Part{Name: name, Title: title, Class: part.Fetch, Facts: r.Facts(), Build: r.Build})
}

// moduleDir finds the files of a module that the recipe of a Go part (or kind's) pins.
func (c *Catalog) moduleDir(ctx context.Context, recipe, module string) (string, error) {
	return gobuild.ModuleDir(ctx, filepath.Join(c.options.recipes(), recipe), module)
}

func bin(job *part.Job, p *part.Part, name string) string {
	return filepath.Join(job.Input(p), "bin", name)
}

// Reference is the name and tag of an in-cluster image, by its short name ("calico-node").
func (c *Catalog) Reference(name string) string { return c.references[name] }
