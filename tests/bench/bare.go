package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/rampart-iac/rampart/tests/framework/bare"
	"github.com/rampart-iac/rampart/verify/live"
)

// createBare makes the cluster that up is compared with: the same node image, the same number of nodes, no hardening.
func createBare(text string) error {
	var spec bare.Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	return bare.Create(spec)
}

// byHand makes the bare cluster, applies the objects and waits until nodes, Calico and DNS are ready, as a person with
// kind and kubectl would.
func (b *bench) byHand(ctx context.Context, objects calicoObjects) (Usage, error) {
	b.say("bare kind and the same Calico by hand")
	engines := live.Engines(ctx)
	if len(engines) == 0 {
		return Usage{}, errors.New("no container engine answers")
	}
	spec := bare.Spec{
		Name: b.product.Cluster + "-bare", Engine: engines[0], Kubeconfig: filepath.Join(b.product.Dir, "bare-kubeconfig"),
		Workers: 1, PodCIDR: "10.218.0.0/16", ServiceCIDR: "10.118.0.0/16",
	}
	image, err := bare.NodeImage(b.product.Home())
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
	variable, err := bare.Environment(b.product.Dir)
	if err != nil || variable == "" {
		return b.product.Environment(), err
	}
	return append(b.product.Environment(), variable), nil
}

func (b *bench) deleteBare(ctx context.Context) error {
	var spec bare.Spec
	if err := json.Unmarshal([]byte(b.bare), &spec); err != nil {
		return err
	}
	b.bare = ""
	return bare.Delete(ctx, spec)
}

func (b *bench) kubectl() string { return filepath.Join(b.product.Home(), "bin", "kubectl") }

// loadNodeImage puts the node image into the engine, so that neither cluster pays for it.
func (b *bench) loadNodeImage(ctx context.Context) error {
	image, err := bare.NodeImage(b.product.Home())
	if err != nil {
		return err
	}
	return image.Load(ctx)
}
