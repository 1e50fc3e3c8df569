// Package bare makes clusters with the kind library and nothing else, from the node image of the product's own: what a
// hardened cluster is compared with.
package bare

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/kind/pkg/cluster"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/verify/live"
)

// Spec is what a cluster is made from.
type Spec struct {
	Name, Image, Kubeconfig string
	Engine                  live.Engine
	// Workers beside the one node of the control plane.
	Workers              int
	PodCIDR, ServiceCIDR string
}

// Create makes a cluster without any hardening and without a network for pods. What this host needs to run kind at all, it
// gets. CONTAINERS_CONF must be as Environment says.
func Create(spec Spec) error {
	provider, err := Provider(spec.Engine)
	if err != nil {
		return err
	}
	config := &v1alpha4.Cluster{
		Nodes:      []v1alpha4.Node{{Role: v1alpha4.ControlPlaneRole}},
		Networking: v1alpha4.Networking{DisableDefaultCNI: true, PodSubnet: spec.PodCIDR, ServiceSubnet: spec.ServiceCIDR},
	}
	for range spec.Workers {
		config.Nodes = append(config.Nodes, v1alpha4.Node{Role: v1alpha4.WorkerRole})
	}
	if cgroupV1() {
		config.KubeadmConfigPatches = []string{"kind: KubeletConfiguration\nfailCgroupV1: false\n"}
	}
	if boundedLimits() {
		config.ContainerdConfigPatches = []string{
			"[plugins.\"io.containerd.grpc.v1.cri\"]\n  restrict_oom_score_adj = true\n",
		}
	}
	return provider.Create(spec.Name, cluster.CreateWithV1Alpha4Config(config), cluster.CreateWithNodeImage(spec.Image),
		cluster.CreateWithKubeconfigPath(spec.Kubeconfig))
}

// Provider makes and deletes clusters in an engine.
func Provider(engine live.Engine) (*cluster.Provider, error) {
	option := map[live.Engine]cluster.ProviderOption{
		"docker": cluster.ProviderWithDocker(), "podman": cluster.ProviderWithPodman(),
	}[engine]
	if option == nil {
		return nil, fmt.Errorf("bare kind runs on docker or podman, not on %q", engine)
	}
	return cluster.NewProvider(option), nil
}

func cgroupV1() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return errors.Is(err, os.ErrNotExist)
}

// boundedLimits says that this process may not raise limits above their hard maximum: it lacks CAP_SYS_RESOURCE.
func boundedLimits() bool {
	const capSysResource = 24
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if set, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			capabilities, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			return err == nil && capabilities&(1<<capSysResource) == 0
		}
	}
	return false
}

// Environment is a variable for this process, or for that which makes the cluster, that keeps podman from raising limits that
// it may not raise; empty where it may. The file that it names is written into a folder.
func Environment(dir string) (variable string, err error) {
	if !boundedLimits() {
		return "", nil
	}
	file := filepath.Join(dir, "containers.conf")
	text := "[containers]\ndefault_ulimits = [\"nofile=20000:20000\", \"nproc=4096:4096\"]\n[engine]\nruntime = \"runc\"\n"
	return "CONTAINERS_CONF=" + file, os.WriteFile(file, []byte(text), 0o600)
}

// NetworkVariable is the one in which the kind library looks for the name of the network that an engine gets, "kind" if it is
// not set.
func NetworkVariable(engine live.Engine) string {
	return "KIND_EXPERIMENTAL_" + strings.ToUpper(string(engine)) + "_NETWORK"
}

// Delete deletes a cluster, and the network that kind makes and keeps, if nobody else uses it.
func Delete(ctx context.Context, spec Spec) error {
	provider, err := Provider(spec.Engine)
	if err != nil {
		return err
	}
	if err := provider.Delete(spec.Name, spec.Kubeconfig); err != nil {
		return err
	}
	network := cmp.Or(os.Getenv(NetworkVariable(spec.Engine)), "kind")
	_, _ = spec.Engine.Run(ctx, "network", "rm", network)
	return nil
}

// Image is the image that the product's clusters are made of.
type Image struct {
	Reference, Archive string
}

// NodeImage is the one that a working folder of the product names.
func NodeImage(home string) (Image, error) {
	text, err := os.ReadFile(filepath.Join(home, "images.json"))
	if err != nil {
		return Image{}, err
	}
	var images struct{ Node Image }
	if err := json.Unmarshal(text, &images); err != nil {
		return Image{}, err
	}
	if images.Node.Reference != "" {
		return images.Node, nil
	}
	published, err := baseline.PublishedNodeImage(baseline.DefaultKubernetesVersion)
	return Image{Reference: published.Reference}, err
}

// Load puts an image into every engine that does not have it.
func (i Image) Load(ctx context.Context) error {
	for _, engine := range live.Engines(ctx) {
		if exec.CommandContext(ctx, string(engine), "image", "inspect", i.Reference).Run() == nil {
			continue
		}
		load := []string{"pull", i.Reference}
		if i.Archive != "" {
			load = []string{"load", "--input", i.Archive}
		}
		command := exec.CommandContext(ctx, string(engine), load...)
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s %s: %w\n%s", engine, strings.Join(load, " "), err, output.String())
		}
	}
	return nil
}
