// Package node makes the image of a kind node: a Debian root filesystem, the files that kind puts into its own node
// images, Kubernetes' and containerd's programs, and a containerd store with all images of the cluster in it, so that
// a cluster pulls nothing.
package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rampart-iac/rampart/tools/airgap/internal/image"
	"github.com/rampart-iac/rampart/tools/airgap/internal/part"
)

// Packages are the Debian packages in a node, beside the essential ones. What kind's own image has, less what serves
// only rootless engines and network disks, plus what Calico's and Kubernetes' networking calls on the host.
func Packages() []string {
	return []string{
		"systemd", "systemd-sysv", "dbus", "bash", "ca-certificates", "curl", "jq", "procps", "util-linux", "mount", "kmod",
		"libseccomp2", "pigz", "e2fsprogs", "runc", "containernetworking-plugins",
		"iproute2", "iptables", "nftables", "ebtables", "ethtool", "conntrack", "socat", "ipset",
	}
}

// dropped entries of the root filesystem: units that would touch the host's kernel or wait for hardware, as kind's own
// image does. A node enables only what it needs (see units).
var dropped = []*regexp.Regexp{
	regexp.MustCompile(`^/usr/lib/systemd/system/sysinit\.target\.wants/systemd-tmpfiles-setup\.service$`),
	regexp.MustCompile(`^/(usr/)?lib/systemd/system/(multi-user|local-fs|basic)\.target\.wants/.`),
	regexp.MustCompile(`^/(usr/)?lib/systemd/system/sockets\.target\.wants/.*(udev|initctl)`),
	regexp.MustCompile(`^/etc/systemd/system/[^/]+\.wants/.`),
}

func drop(path string) bool {
	for _, d := range dropped {
		if d.MatchString(path) {
			return true
		}
	}
	return false
}

// executable files among kind's: the Go module format does not keep the bit.
func kindMode(rel string) fs.FileMode {
	if strings.HasPrefix(rel, "usr/local/bin/") || strings.HasPrefix(rel, "kind/bin/") {
		return 0o755
	}
	return 0o644
}

var sandboxImage = regexp.MustCompile(`(?m)^(\s*sandbox_image\s*=\s*)".*"$`)

// base is the lowest layer: Debian, kind's files, and the configuration that belongs to them.
func (s Spec) base(ctx context.Context, job *part.Job) (*image.Tree, error) {
	t := &image.Tree{Base: s.Rootfs, Drop: drop}
	files := filepath.Join(s.KindModule, "images", "base", "files")
	if err := t.CopyDir("/", files, kindMode); err != nil {
		return nil, fmt.Errorf("reading kind's node files: %w", err)
	}
	config, err := os.ReadFile(filepath.Join(files, "etc", "containerd", "config.toml"))
	if err != nil {
		return nil, err
	}
	if n := len(sandboxImage.FindAll(config, -1)); n != 1 {
		return nil, fmt.Errorf("kind's containerd configuration names a sandbox image %d times, want once: "+
			"this version of kind needs another recipe", n)
	}
	t.Data("/etc/containerd/config.toml", 0o644, sandboxImage.ReplaceAll(config, []byte(`${1}"`+s.PauseImage+`"`)))
	spec, err := s.containerSpec(ctx, job)
	if err != nil {
		return nil, err
	}
	t.Data("/etc/containerd/cri-base.json", 0o644, spec)
	t.Data("/kind/version", 0o644, []byte(s.KubernetesVersion))
	t.Data("/kind/manifests/default-storage.yaml", 0o644, s.StorageManifest)
	t.Dir("/etc/kubernetes/manifests", 0o755, 0)
	// Kernel messages are the host's, and would only confuse.
	t.Data("/etc/systemd/journald.conf.d/10-node.conf", 0o644, []byte("[Journal]\nReadKMsg=no\n"))
	for _, unit := range []string{"containerd.service", "kubelet.service", "undo-mount-hacks.service"} {
		t.Symlink("/etc/systemd/system/multi-user.target.wants/"+unit, "/etc/systemd/system/"+unit)
	}
	// It registers binary formats with the kernel, which is the host's.
	t.Symlink("/etc/systemd/system/systemd-binfmt.service", "/dev/null")
	// kind's entrypoint fills it per node.
	t.Data("/etc/machine-id", 0o644, nil)
	return t, nil
}

// programs is the second layer.
func (s Spec) programs() *image.Tree {
	t := &image.Tree{}
	for _, name := range []string{"kubelet", "kubeadm", "kubectl"} {
		t.File("/usr/bin/"+name, 0o755, filepath.Join(s.KubernetesBin, name))
	}
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "ctr"} {
		t.File("/usr/local/bin/"+name, 0o755, filepath.Join(s.ContainerdBin, name))
	}
	// Debian's plugins, where kubelet and Calico look for them. Links, because Calico adds its own beside them.
	for _, name := range []string{
		"bandwidth", "bridge", "dhcp", "firewall", "host-device", "host-local", "ipvlan", "loopback", "macvlan", "portmap", "ptp",
		"sbr", "static", "tuning", "vlan", "vrf",
	} {
		t.Symlink("/opt/cni/bin/"+name, "/usr/lib/cni/"+name)
	}
	return t
}

// containerSpec is the OCI runtime specification that containerd starts each container's own from: ctr's default, with
// kind's hook that hides the host's product name, and without limits, so that containers inherit the node's.
func (s Spec) containerSpec(ctx context.Context, job *part.Job) ([]byte, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(s.ContainerdBin, "ctr"), "oci", "spec")
	cmd.Stdout, cmd.Stderr = &out, job.Log
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("asking ctr for its default container specification: %w", err)
	}
	return patchSpec(out.Bytes())
}

func patchSpec(data []byte) ([]byte, error) {
	var spec map[string]any
	if err := json.Unmarshal(data, &spec); err != nil {
		return nil, err
	}
	process, ok := spec["process"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("ctr's container specification has no process")
	}
	delete(process, "rlimits")
	hooks, _ := spec["hooks"].(map[string]any)
	if hooks == nil {
		hooks = map[string]any{}
	}
	list, _ := hooks["createContainer"].([]any)
	hooks["createContainer"] = append(list, map[string]any{"path": "/kind/bin/mount-product-files.sh"})
	spec["hooks"] = hooks
	return json.MarshalIndent(spec, "", "  ")
}
