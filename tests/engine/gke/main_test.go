package gke

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

var update = flag.Bool("update", false, "write the plans to testdata instead of comparing them")

// installation is the product with a stack of GKE, and the cloud that it meets.
type installation struct {
	*framework.Product
	cloud *cloud.Cloud
}

// install makes one of a stack of the repository. A server may be nil.
func install(t *testing.T, stack string, server *apiserver.Server) *installation {
	t.Helper()
	product, err := framework.Install(t.Context(), framework.Settings{Prefix: "gke"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := product.Remove(); err != nil {
			t.Error(err)
		}
	})
	google, err := cloud.New(t.Context(), product.Root, filepath.Join(product.Dir, "cloud"), "gcp", server)
	if err != nil {
		t.Fatal(err)
	}
	product.Stack, product.Cluster, product.Variables = stack, stack, google.Environment()
	product.ConfigFile = filepath.Join(product.Dir, "Pulumi."+stack+".yaml")
	made := &installation{Product: product, cloud: google}
	made.configure(t, func(map[string]any) {})
	return made
}

// configure writes the stack file, with changes to what the repository has.
func (i *installation) configure(t *testing.T, change func(config map[string]any)) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(i.Root, "stacks", "Pulumi."+i.Stack+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config map[string]any `json:"config"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	change(file.Config)
	if err := i.Configure(file.Config); err != nil {
		t.Fatal(err)
	}
}

// section is a part of a configuration that may be changed.
func section(config map[string]any, name string) map[string]any {
	return config["rampart:"+name].(map[string]any)
}

// calls of one method since the last time, in order.
func (i *installation) calls(t *testing.T, method string) []cloud.Call {
	t.Helper()
	all, err := i.cloud.Calls()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(call cloud.Call) bool { return call.Method != method })
}

func (i *installation) forget(t *testing.T) {
	t.Helper()
	if err := i.cloud.Forget(); err != nil {
		t.Fatal(err)
	}
}

// step is one line of the engine's plan.
type step struct {
	Op, URN  string
	NewState struct {
		Type   string
		Inputs json.RawMessage
	}
}

// plan of the stack, sorted.
func (i *installation) plan(t *testing.T) []step {
	t.Helper()
	if _, err := i.Preview(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := i.Pulumi(t.Context(), "preview", "--stack", i.Stack, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var preview struct{ Steps []step }
	if err := json.Unmarshal([]byte(text), &preview); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	slices.SortFunc(preview.Steps, func(a, b step) int { return strings.Compare(a.URN, b.URN) })
	return preview.Steps
}

// startCluster starts what stands for a cluster of GKE.
func startCluster(t *testing.T) *apiserver.Server {
	t.Helper()
	server := apiserver.MustStart(t, apiserver.Settings{})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- cloud.Controllers(ctx, server.Client) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return server
}
