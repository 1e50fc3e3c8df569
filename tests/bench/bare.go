package main

import (
	"bytes"
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

// bareSpec is what the process that makes the bare cluster is told.
type bareSpec struct {
	Name, Image, Kubeconfig string
	Engine                  live.Engine
}

// createBare makes a cluster with the kind library and nothing else: the same node image, the same number of nodes, no
// hardening. What this host needs to run kind at all, it gets.
func createBare(text string) error {
	var spec bareSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	provider, err := bareProvider(spec.Engine)
	if err != nil {
		return err
	}
	config := &v1alpha4.Cluster{
		Nodes:      []v1alpha4.Node{{Role: v1alpha4.ControlPlaneRole}, {Role: v1alpha4.WorkerRole}},
		Networking: v1alpha4.Networking{DisableDefaultCNI: true, PodSubnet: "10.218.0.0/16", ServiceSubnet: "10.118.0.0/16"},
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

func bareProvider(engine live.Engine) (*cluster.Provider, error) {
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

// byHand makes the bare cluster, applies the objects and waits until nodes, Calico and DNS are ready, as a person with
// kind and kubectl would.
func (b *bench) byHand(ctx context.Context, objects calicoObjects) (Usage, error) {
	b.say("bare kind and the same Calico by hand")
	engines := live.Engines(ctx)
	if len(engines) == 0 {
		return Usage{}, errors.New("no container engine answers")
	}
	spec := bareSpec{
		Name: b.product.Cluster + "-bare", Engine: engines[0], Kubeconfig: filepath.Join(b.product.Dir, "bare-kubeconfig"),
	}
	image, err := b.nodeImage()
	if err != nil {
		return Usage{}, err
	}
	spec.Image = image.Reference
	text, err := json.Marshal(spec)
	if err != nil {
		return Usage{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return Usage{}, err
	}
	env, err := b.bareEnvironment()
	if err != nil {
		return Usage{}, err
	}
	b.bare = string(text)
	total, err := measure(ctx, b.product.Dir, env, self, bareCommand, b.bare)
	if err != nil {
		return Usage{}, err
	}
	for _, step := range [][]string{
		{"apply", "--server-side", "--filename=" + objects.definitions},
		{"wait", "--for=condition=Established", "--timeout=2m", "--filename=" + objects.definitions},
		{"apply", "--server-side", "--filename=" + objects.others},
		{"rollout", "status", "--namespace=kube-system", "--timeout=5m", "daemonset/calico-node"},
		{"rollout", "status", "--namespace=kube-system", "--timeout=5m", "deployment/calico-kube-controllers"},
		{"wait", "--for=condition=Ready", "--timeout=5m", "node", "--all"},
		{"rollout", "status", "--namespace=kube-system", "--timeout=5m", "deployment/coredns"},
	} {
		args := append([]string{"--kubeconfig=" + spec.Kubeconfig}, step...)
		usage, err := measure(ctx, b.product.Dir, env, b.kubectl(), args...)
		if err != nil {
			return Usage{}, err
		}
		total = total.then(usage)
	}
	return total, b.deleteBare(ctx)
}

// bareEnvironment keeps podman from raising limits that this process may not raise.
func (b *bench) bareEnvironment() ([]string, error) {
	env := b.product.Environment()
	if !boundedLimits() {
		return env, nil
	}
	file := filepath.Join(b.product.Dir, "containers.conf")
	text := "[containers]\ndefault_ulimits = [\"nofile=20000:20000\", \"nproc=4096:4096\"]\n[engine]\nruntime = \"runc\"\n"
	return append(env, "CONTAINERS_CONF="+file), os.WriteFile(file, []byte(text), 0o600)
}

func (b *bench) deleteBare(ctx context.Context) error {
	var spec bareSpec
	if err := json.Unmarshal([]byte(b.bare), &spec); err != nil {
		return err
	}
	provider, err := bareProvider(spec.Engine)
	if err != nil {
		return err
	}
	b.bare = ""
	if err := provider.Delete(spec.Name, spec.Kubeconfig); err != nil {
		return err
	}
	// kind makes this network and keeps it. It goes only if nobody uses it.
	_ = exec.CommandContext(ctx, string(spec.Engine), "network", "rm", "kind").Run()
	return nil
}

func (b *bench) kubectl() string { return filepath.Join(b.product.Home(), "bin", "kubectl") }

// nodeImage is the image that the product's clusters are made of.
type nodeImage struct {
	Reference, Archive string
}

func (b *bench) nodeImage() (nodeImage, error) {
	text, err := os.ReadFile(filepath.Join(b.product.Home(), "images.json"))
	if err != nil {
		return nodeImage{}, err
	}
	var images struct{ Node nodeImage }
	if err := json.Unmarshal(text, &images); err != nil {
		return nodeImage{}, err
	}
	if images.Node.Reference != "" {
		return images.Node, nil
	}
	published, err := baseline.PublishedNodeImage(baseline.DefaultKubernetesVersion)
	return nodeImage{Reference: published.Reference}, err
}

// loadNodeImage puts the node image into the engine, so that neither cluster pays for it.
func (b *bench) loadNodeImage(ctx context.Context) error {
	image, err := b.nodeImage()
	if err != nil {
		return err
	}
	for _, engine := range live.Engines(ctx) {
		if exec.CommandContext(ctx, string(engine), "image", "inspect", image.Reference).Run() == nil {
			continue
		}
		load := []string{"pull", image.Reference}
		if image.Archive != "" {
			load = []string{"load", "--input", image.Archive}
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
