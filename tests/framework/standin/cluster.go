package standin

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/bare"
	"github.com/rampart-iac/rampart/verify/live"
)

// Ranges of pods and of services.
const (
	podCIDR     = "10.219.0.0/16"
	serviceCIDR = "10.119.0.0/16"
)

// toolsDeadline is for a machine on which the tools are still to be had.
const toolsDeadline = 45 * time.Minute

// Cluster is one that the product did not make.
type Cluster struct {
	// Product is an installation that has everything that a run needs, and no cluster of its own.
	Product *framework.Product
	Spec    bare.Spec

	// stack is the one that the cluster stands for.
	stack string
}

// Make makes a cluster of one node for the length of the test, and gives its pods a network. It takes the third
// seat, and sets the environment of the process that calls the engine.
func Make(t *testing.T, prefix string, network Network) *Cluster {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	product, err := framework.Install(ctx, framework.Settings{Prefix: prefix, PodCIDR: podCIDR, ServiceCIDR: serviceCIDR})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, product.Remove()) })
	tools, cancel := context.WithTimeout(ctx, toolsDeadline)
	defer cancel()
	if result, err := product.Run(tools, "tools"); err != nil || result.ExitCode != 0 {
		t.Fatalf("%v\n%s", err, result)
	}
	// Not before there is something to do with it: until then others may want it.
	giveUp, err := framework.TakeTurn(framework.ThirdSeat)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, giveUp()) })
	image, err := bare.NodeImage(product.Home())
	if err == nil {
		err = image.Load(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	variable, err := bare.Environment(product.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(variable, "="); ok {
		t.Setenv(name, value)
	}
	engines := live.Engines(ctx)
	if len(engines) == 0 {
		t.Fatal("no container engine answers")
	}
	// Its own, by whose name a census of another test knows whose it is.
	t.Setenv(bare.NetworkVariable(engines[0]), "kind-"+product.Cluster)
	made := &Cluster{Product: product, Spec: bare.Spec{
		Name: product.Cluster, Image: image.Reference, Engine: engines[0], Kubeconfig: filepath.Join(product.Dir, "kubeconfig"),
		PodCIDR: podCIDR, ServiceCIDR: serviceCIDR,
	}}
	t.Cleanup(func() { must(t, bare.Delete(ctx, made.Spec)) })
	if err := bare.Create(made.Spec); err != nil {
		t.Fatal(err)
	}
	made.giveNetwork(t, network)
	return made
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// node runs a command on the only node.
func (c *Cluster) node(ctx context.Context, command ...string) (string, error) {
	output, err := c.Spec.Engine.Run(ctx, append([]string{"exec", c.Spec.Name + "-control-plane"}, command...)...)
	if err != nil {
		err = errors.Join(err, errors.New(output))
	}
	return output, err
}

// Connect looks at the cluster as its administrator.
func (c *Cluster) Connect(ctx context.Context) (*live.Cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Spec.Kubeconfig)
	if err != nil {
		return nil, err
	}
	return live.Open(ctx, config)
}

// read reads a file on the node.
func (c *Cluster) read(ctx context.Context, path string) ([]byte, error) {
	text, err := c.node(ctx, "cat", path)
	return []byte(text), err
}
