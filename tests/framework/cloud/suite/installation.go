package suite

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/tests/framework/apiserver"
	"github.com/rampart-iac/rampart/tests/framework/cloud"
)

// Installation is the product with a stack of a cloud, and the cloud that it meets.
type Installation struct {
	*framework.Product
	cloud *cloud.Cloud

	// stopCluster ends what stands for the cluster, if there is one yet.
	stopCluster func() error
}

// building is held by who has programs compiled: two at once would compile the same twice.
var building sync.Mutex

// install makes one of a stack of the repository, with everything compiled.
func (c Cloud) install(t *testing.T, stack string) *Installation {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	product := framework.MustInstall(t, framework.Settings{Prefix: c.Name})
	made := &Installation{Product: product, stopCluster: func() error { return nil }}
	t.Cleanup(func() {
		if err := made.stopCluster(); err != nil {
			t.Error(err)
		}
	})
	var err error
	if made.cloud, err = cloud.New(t.Context(), product.Root, filepath.Join(product.Dir, "cloud"), c.Package); err != nil {
		t.Fatal(err)
	}
	// Nothing is interrupted here, and to write the state at each step is two fifths of what the engine does.
	product.Stack, product.Variables = stack, append(made.cloud.Environment(), "PULUMI_SKIP_CHECKPOINTS=true")
	made.configure(t, func(map[string]any) {})
	if _, err := made.Run(t.Context(), "tools"); err != nil {
		t.Fatal(err)
	}
	return made
}

// configure writes the stack file, with changes to what the repository has.
func (i *Installation) configure(t *testing.T, change func(config map[string]any)) {
	t.Helper()
	config, err := i.Take(i.Stack)
	if err != nil {
		t.Fatal(err)
	}
	change(config)
	if err := i.Configure(config); err != nil {
		t.Fatal(err)
	}
}

// section is a part of a configuration that may be changed.
func section(config map[string]any, name string) map[string]any {
	return config["rampart:"+name].(map[string]any)
}

// startCluster starts what stands for the cluster. It stands until the installation goes.
func (i *Installation) startCluster(t *testing.T) *apiserver.Server {
	t.Helper()
	server, err := apiserver.Start(t.Context(), apiserver.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- cloud.Controllers(ctx, server.Client) }()
	i.stopCluster = func() error {
		stop()
		return errors.Join(<-ended, server.Stop())
	}
	if err := i.cloud.Serve(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	return server
}

// run must succeed. Calls from before are forgotten.
func (i *Installation) run(t *testing.T, command string, flags ...string) framework.Result {
	t.Helper()
	i.forget(t)
	result, err := i.Run(t.Context(), command, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// calls of one method since the last time, in order.
func (i *Installation) calls(t *testing.T, method string) []cloud.Call {
	t.Helper()
	all, err := i.cloud.Calls()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(call cloud.Call) bool { return call.Method != method })
}

func (i *Installation) forget(t *testing.T) {
	t.Helper()
	if err := i.cloud.Forget(); err != nil {
		t.Fatal(err)
	}
}

// expect that a method was called for exactly these resources.
func (i *Installation) expect(t *testing.T, method string, want []string) {
	t.Helper()
	var got []string
	for _, call := range i.calls(t, method) {
		got = append(got, strings.TrimPrefix(call.Name, i.Cluster+"-"))
	}
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Errorf("%s was called for %v, want %v", method, got, want)
	}
}

// planned is one line of the engine's plan.
type planned struct {
	Op, URN  string
	NewState struct {
		Type   string
		Inputs json.RawMessage
	}
}

// plan of the stack, sorted. The product's own preview is asked for it in a form that a test can read.
func (i *Installation) plan(t *testing.T) []planned {
	t.Helper()
	variables, progress := i.Variables, i.Progress
	// Nobody wants to see the whole of it in a log.
	i.Variables, i.Progress = append(slices.Clone(variables), "PULUMI_OPTION_JSON=true"), io.Discard
	result, err := i.Run(t.Context(), "preview")
	i.Variables, i.Progress = variables, progress
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(result.Stdout, "{")
	var preview struct{ Steps []planned }
	if err := json.NewDecoder(strings.NewReader("{" + text)).Decode(&preview); err != nil {
		t.Fatalf("%v in:\n%s", err, result)
	}
	slices.SortFunc(preview.Steps, func(a, b planned) int { return strings.Compare(a.URN, b.URN) })
	return preview.Steps
}
