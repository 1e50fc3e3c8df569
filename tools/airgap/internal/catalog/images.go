package catalog

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/rampart-iac/rampart/tools/airgap/internal/debian"
	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// imageRevision goes into every image's key. Raise it when the way in which images are put together changes in the
// code below.
const imageRevision = "2"

// networkPackages are what kube-proxy and calico-node call: one root filesystem for both, so that a node unpacks it
// once.
func networkPackages() []string {
	return []string{"conntrack", "iproute2", "ipset", "iptables", "kmod", "nftables", "procps", "runit", "ca-certificates"}
}

type imageBuilder struct {
	c                                                   *Catalog
	kubernetes, etcd, coredns, calico, pause, localPath *part.Part
	network                                             *part.Part
}

// simple describes an image with a few static programs in it.
type simple struct {
	name, reference string
	from            *part.Part
	// programs by their path in the image; the value is the name in the part's bin folder.
	programs map[string]string
	rootfs   *part.Part
	config   v1.Config
	// more adds files that are not programs.
	more func(ctx context.Context, job *part.Job, t *image.Tree) error
	// recipe is hashed with the image, if more reads from the module that it pins.
	recipe string
}

const anyUser = 65532

func (b imageBuilder) all() []*part.Part {
	r := b.c.Release
	kube := func(name string) simple {
		return simple{name: name, reference: upstreamRegistry + name + ":" + r.Kubernetes, from: b.kubernetes,
			programs: map[string]string{"/usr/local/bin/" + name: name}}
	}
	proxy := kube("kube-proxy")
	proxy.rootfs = b.network
	nobody := fmt.Sprintf("%d:%d", anyUser, anyUser)
	return []*part.Part{
		b.image(simple{name: "pause", reference: upstreamRegistry + "pause:" + r.Pause, from: b.pause,
			programs: map[string]string{"/pause": "pause"},
			config:   v1.Config{Entrypoint: []string{"/pause"}, User: "65535:65535"}}),
		b.image(kube("kube-apiserver")),
		b.image(kube("kube-controller-manager")),
		b.image(kube("kube-scheduler")),
		b.image(proxy),
		b.image(simple{name: "etcd", reference: upstreamRegistry + "etcd:" + r.EtcdTag, from: b.etcd,
			programs: map[string]string{
				"/usr/local/bin/etcd": "etcd", "/usr/local/bin/etcdctl": "etcdctl", "/usr/local/bin/etcdutl": "etcdutl",
			}}),
		b.image(simple{name: "coredns", reference: upstreamRegistry + "coredns/coredns:" + r.CoreDNS, from: b.coredns,
			programs: map[string]string{"/coredns": "coredns"},
			config:   v1.Config{Entrypoint: []string{"/coredns"}, User: nobody}}),
		b.image(simple{name: "agnhost", reference: upstreamRegistry + "e2e-test-images/agnhost:" + r.Agnhost, from: b.kubernetes,
			programs: map[string]string{"/agnhost": "agnhost"}, more: b.agnhostFiles,
			config: v1.Config{Entrypoint: []string{"/agnhost"}, Cmd: []string{"pause"}}}),
		b.image(simple{name: "calico-node", reference: localRepository + "calico-node:" + calicoVersion, from: b.calico,
			programs: map[string]string{"/usr/bin/calico-node": "calico-node"}, rootfs: b.network, more: b.calicoFiles,
			recipe: "calico-" + calicoVersion,
			config: v1.Config{Cmd: []string{"start_runit"}, Env: []string{"SVDIR=/etc/service/enabled"}}}),
		b.image(simple{name: "calico-cni", reference: localRepository + "calico-cni:" + calicoVersion, from: b.calico,
			programs: map[string]string{"/opt/cni/bin/calico": "calico", "/opt/cni/bin/install": "install"}, more: calicoPlugins,
			config: v1.Config{Cmd: []string{"/opt/cni/bin/install"}, WorkingDir: "/opt/cni/bin",
				Env: []string{"PATH=/opt/cni/bin:" + image.Path}}}),
		b.image(simple{name: "calico-kube-controllers",
			reference: localRepository + "calico-kube-controllers:" + calicoVersion, from: b.calico,
			programs: map[string]string{"/usr/bin/kube-controllers": "kube-controllers", "/usr/bin/check-status": "check-status"},
			more:     calicoControllerFiles, config: v1.Config{Entrypoint: []string{"/usr/bin/kube-controllers"}, User: "999"}}),
		b.image(simple{name: "local-path-provisioner",
			reference: localRepository + "local-path-provisioner:" + localPathVersion, from: b.localPath,
			programs: map[string]string{"/usr/bin/local-path-provisioner": "local-path-provisioner"},
			config:   v1.Config{Entrypoint: []string{"/usr/bin/local-path-provisioner"}, User: nobody}}),
	}
}

func (b imageBuilder) image(s simple) *part.Part {
	p := &part.Part{
		Name: "image-" + s.name, Title: "image " + s.name, Class: part.Fetch,
		Facts: []string{"image revision " + imageRevision, "reference " + s.reference},
		Build: func(ctx context.Context, job *part.Job) error { return b.build(ctx, job, s) },
	}
	for _, in := range []*part.Part{s.from, s.rootfs} {
		if in != nil {
			p.Inputs = append(p.Inputs, in)
		}
	}
	if s.recipe != "" {
		p.Files = append(p.Files, filepath.Join(b.c.options.recipes(), s.recipe))
	}
	b.c.references[s.name] = s.reference
	return b.c.add(p)
}

func (b imageBuilder) build(ctx context.Context, job *part.Job, s simple) error {
	spec := image.Spec{Reference: s.reference, Compression: image.Zstd, Config: s.config}
	if s.rootfs != nil {
		spec.Contents.Rootfs = filepath.Join(job.Input(s.rootfs), debian.Tar)
		spec.Trees = append(spec.Trees, &image.Tree{Base: spec.Contents.Rootfs})
	}
	top := &image.Tree{}
	if s.rootfs == nil {
		users(top)
	}
	for to, name := range s.programs {
		file := bin(job, s.from, name)
		top.File(to, 0o755, file)
		spec.Contents.Binaries = append(spec.Contents.Binaries, file)
	}
	if s.more != nil {
		if err := s.more(ctx, job, top); err != nil {
			return err
		}
	}
	spec.Trees = append(spec.Trees, top)
	return spec.WriteLayout(ctx, job)
}

// users gives an image without Debian the files that name-looking programs (and runAsNonRoot checks by people) expect,
// and a /tmp.
func users(t *image.Tree) {
	t.Data("/etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/sbin/nologin\n"+
		"nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"+
		"nonroot:x:65532:65532:nonroot:/nonexistent:/sbin/nologin\n"))
	t.Data("/etc/group", 0o644, []byte("root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n"))
	// Without this file Go's resolver asks DNS before /etc/hosts on some libcs; with it, the order is the usual one
	// everywhere.
	t.Data("/etc/nsswitch.conf", 0o644, []byte("hosts: files dns\n"))
	t.Dir("/tmp", 0o777|fs.ModeSticky, 0)
}

// agnhostFiles checks the catalog against the module, and adds the folder that agnhost's upload handler writes to.
func (b imageBuilder) agnhostFiles(ctx context.Context, _ *part.Job, t *image.Tree) error {
	dir, err := b.c.moduleDir(ctx, "kubernetes-"+b.c.Release.Kubernetes, "k8s.io/kubernetes")
	if err != nil {
		return err
	}
	version, err := os.ReadFile(filepath.Join(dir, "test", "images", "agnhost", "VERSION"))
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(version)); got != b.c.Release.Agnhost {
		return fmt.Errorf("agnhost in Kubernetes %s is %s, the catalog says %s", b.c.Release.Kubernetes, got, b.c.Release.Agnhost)
	}
	t.Dir("/uploads", 0o777|fs.ModeSticky, 0)
	t.Symlink("/agnhost-2", "agnhost")
	return nil
}

// calicoFiles adds calico-node's services and configuration out of its module.
func (b imageBuilder) calicoFiles(ctx context.Context, _ *part.Job, t *image.Tree) error {
	dir, err := b.c.moduleDir(ctx, "calico-"+calicoVersion, calicoModule)
	if err != nil {
		return err
	}
	files := filepath.Join(dir, "node", "filesystem")
	// The scripts are run by name, and the module format lost their executable bits.
	script := func(rel string) fs.FileMode {
		switch path.Base(rel) {
		case "run", "rc.local":
			return 0o755
		default:
			return 0o644
		}
	}
	// A folder here replaces the link that Debian's runit has in its place.
	if err := t.CopyDir("/etc", filepath.Join(files, "etc"), script); err != nil {
		return err
	}
	if err := t.CopyDir("/usr/sbin", filepath.Join(files, "sbin"), func(string) fs.FileMode { return 0o755 }); err != nil {
		return err
	}
	return t.CopyDir("/etc/calico/confd", filepath.Join(dir, "confd", "etc", "calico", "confd"), script)
}

// calicoPlugins gives the CNI plugin the name under which it hands out addresses.
func calicoPlugins(_ context.Context, _ *part.Job, t *image.Tree) error {
	t.Hardlink("/opt/cni/bin/calico-ipam", "/opt/cni/bin/calico")
	return nil
}

// calicoControllerFiles are what the controllers write to as user 999.
func calicoControllerFiles(_ context.Context, _ *part.Job, t *image.Tree) error {
	const owner = 999
	t.Dir("/status", 0o755, owner)
	t.OwnedData("/status/status.json", 0o644, owner, nil)
	t.Dir("/profiles", 0o755, owner)
	t.OwnedData("/profiles/mem.pprof", 0o644, owner, nil)
	t.OwnedData("/profiles/cpu.pprof", 0o644, owner, nil)
	return nil
}
