package catalog

import (
	"context"
	"path/filepath"

	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/gobuild"
	"github.com/rampart-iac/rampart/tools/airgap/internal/node"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Options are what the catalog needs to know about the machine and the wish.
type Options struct {
	// Recipes is the folder with the recipe folders.
	Recipes string
	Release Release
	// GoVersion is the toolchain's, see gobuild.Version.
	GoVersion string
	// AptSources is the content of an apt sources file, see debian.Sources.
	AptSources string
}

// Catalog is all parts of one release.
type Catalog struct {
	Release Release
	// Tools are the Go parts with programs for the host, Node is the node image.
	Tools []*part.Part
	Node  *part.Part
	// Images are the in-cluster images by short name ("calico-node").
	Images map[string]*part.Part

	options Options
	// references of the images, by short name.
	references map[string]string
	order      []*part.Part
}

// HostPrograms says which binary of which part the host gets.
type HostProgram struct {
	Name string
	Part *part.Part
}

// New makes the catalog. It builds nothing and reads nothing.
func New(o Options) *Catalog {
	c := &Catalog{Release: o.Release, Images: map[string]*part.Part{}, options: o, references: map[string]string{}}
	r := o.Release

	// In the order in which they should start: what the critical path waits for comes first.
	rootfs := c.rootfs("rootfs-node", "Debian for the node", debian.Rootfs{Variant: "essential", Packages: node.Packages()})
	network := c.rootfs("rootfs-network", "Debian for calico-node, kube-proxy", debian.Rootfs{Variant: "essential", Packages: networkPackages()})
	helper := c.rootfs("rootfs-helper", "Debian's busybox", debian.Rootfs{Variant: "extract", Packages: []string{"busybox-static"}})

	kubernetes := c.golang("kubernetes", "Kubernetes "+r.Kubernetes, kubernetesRecipe(r))
	containerd := c.golang("containerd", "containerd "+r.Containerd, containerdRecipe(r))
	etcd := c.golang("etcd", "etcd "+r.Etcd, etcdRecipe(r))
	coredns := c.golang("coredns", "CoreDNS "+r.CoreDNS, corednsRecipe(r))
	calico := c.golang("calico", "Calico "+calicoVersion, calicoRecipe())
	pause := c.golang("pause", "pause", pauseRecipe())
	localPath := c.golang("local-path-provisioner", "local-path-provisioner "+localPathVersion, localPathRecipe())
	c.Tools = []*part.Part{
		c.golang("pulumi", "Pulumi "+pulumiVersion, pulumiRecipe()),
		c.golang("pulumi-language-go", "Pulumi's Go host "+languageVersion, languageRecipe()),
		c.golang("pulumi-kubernetes", "Pulumi's Kubernetes plugin", kubernetesPluginRecipe()),
		kubernetes,
	}

	b := imageBuilder{c: c, kubernetes: kubernetes, etcd: etcd, coredns: coredns, calico: calico, pause: pause, localPath: localPath,
		network: network, helper: helper}
	images := b.all()
	preload := c.preload(containerd, images)
	c.Node = c.node(rootfs, kubernetes, containerd, preload, images)
	return c
}

// All is every part, inputs first.
func (c *Catalog) All() []*part.Part { return c.order }

// Wanted are the parts that a user of the air-gapped road needs finished.
func (c *Catalog) Wanted() []*part.Part { return append([]*part.Part{c.Node}, c.Tools...) }

// HostPrograms are the programs that the host gets, with the parts that have them in bin/.
func (c *Catalog) HostPrograms() []HostProgram {
	pulumi, language, plugin, kubernetes := c.Tools[0], c.Tools[1], c.Tools[2], c.Tools[3]
	return []HostProgram{
		{"pulumi", pulumi}, {"pulumi-language-go", language}, {"pulumi-resource-kubernetes", plugin}, {"kubectl", kubernetes},
	}
}

func (c *Catalog) add(p *part.Part) *part.Part {
	c.order = append(c.order, p)
	return p
}

func (c *Catalog) golang(name, title string, r gobuild.Recipe) *part.Part {
	r.Dir = filepath.Join(c.options.Recipes, r.Dir)
	p := &part.Part{
		Name: "go-" + name, Title: title, Class: part.Compute,
		Facts: r.Facts(c.options.GoVersion), Files: []string{r.Dir}, Build: r.Build,
	}
	return c.add(p)
}

func (c *Catalog) rootfs(name, title string, r debian.Rootfs) *part.Part {
	r.Sources = c.options.AptSources
	return c.add(&part.Part{Name: name, Title: title, Class: part.Fetch, Facts: r.Facts(), Build: r.Build})
}

// moduleDir finds the files of a module that the recipe of a Go part (or kind's) pins.
func (c *Catalog) moduleDir(ctx context.Context, recipe, module string) (string, error) {
	return gobuild.ModuleDir(ctx, filepath.Join(c.options.Recipes, recipe), module)
}

func bin(job *part.Job, p *part.Part, name string) string {
	return filepath.Join(job.Input(p), "bin", name)
}

// Reference is the name and tag of an in-cluster image, by its short name.
func (c *Catalog) Reference(name string) string { return c.references[name] }
