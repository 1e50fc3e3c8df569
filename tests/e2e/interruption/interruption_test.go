package interruption

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
	"github.com/rampart-iac/rampart/verify/live"
)

// upDeadline is for a machine with cold caches.
const upDeadline = 45 * time.Minute

// interruptDeadline is how long a run may take to end in an orderly way after Ctrl-C: it may have to remove nodes.
const interruptDeadline = 3 * time.Minute

// TestInterruptedUpEndsInTheSameCluster walks one stack through every kind of bad luck, each where the one before left
// it: Ctrl-C and then a kill while the nodes are made, Ctrl-C and then a kill while things are installed in them. The next
// up goes on without a question, the last one ends in what an undisturbed one plans. Then a rotation of the key and an up over
// many tenants are killed, and destroy leaves nothing, though one was killed before it.
func TestInterruptedUpEndsInTheSameCluster(t *testing.T) {
	t.Parallel()
	takeTurn(t, framework.SecondSeat)
	// Beside that of the first seat there is no other cluster while this one is made over and over. From then on it mostly waits.
	makeRoom := takeTurn(t, framework.ThirdSeat)
	product := install(t)
	before := census(t, product)
	planned := plan(t, product)

	interrupt(t, product, framework.NodesStarted)
	// An orderly end has time to tidy up.
	if left, err := product.NodeContainers(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("an interrupted create left nodes: %v %v", left, err)
	}
	kill(t, product, framework.NodesStarted)
	forgetNode(t, product)
	strayName(t, product)
	tearNote(t, product)
	interrupt(t, product, framework.NetworkStarted)
	kill(t, product, framework.TenantsStarted)

	mustRun(t, product.Up)
	sameAs(t, product, planned)
	if again := mustRun(t, product.Up); !strings.Contains(strings.ToLower(again.Output()), "no changes") {
		t.Errorf("the up after does not say that there are no changes:\n%s", again)
	}
	healthy(t, product)

	makeRoom()
	// A test of its own: what it makes goes before the cluster does.
	t.Run("rotation", func(t *testing.T) { killedOverRotation(t, product) })
	killedOverACrowd(t, product)
	sameAs(t, product, planned)

	forgetNetwork(t, product)
	killedOverDestroy(t, product)
	mustRun(t, product.Destroy)
	left, err := product.Left(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("destroy left behind:\n%s", left)
	}
}

// takeTurn takes a seat for the length of the test, or until the function that it returns is called.
func takeTurn(t *testing.T, seat framework.Seat) (giveUp func()) {
	t.Helper()
	leave, err := framework.TakeTurn(seat)
	if err != nil {
		t.Fatal(err)
	}
	giveUp = sync.OnceFunc(func() {
		if err := leave(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(giveUp)
	return giveUp
}

func install(t *testing.T) *framework.Product {
	t.Helper()
	product := framework.MustInstall(t, framework.Settings{
		Prefix: "e2e-storm", PodCIDR: "10.215.0.0/16", ServiceCIDR: "10.115.0.0/16",
	})
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if t.Failed() {
			product.Collect(ctx, nil, os.Stderr)
			// A second destroy is harmless; one that was never reached is not.
			if _, err := product.Destroy(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	return product
}

func census(t *testing.T, product *framework.Product) framework.Census {
	t.Helper()
	taken, err := product.Census(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// interrupt presses Ctrl-C when up reaches a stage.
func interrupt(t *testing.T, product *framework.Product, stage framework.Stage) {
	t.Helper()
	run := start(t, product, stage)
	if err := run.Interrupt(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), interruptDeadline)
	defer cancel()
	result, err := run.Wait(ctx)
	if err != nil {
		t.Fatalf("Ctrl-C while %s: %v", stage.Name, err)
	}
	if result.ExitCode == 0 {
		t.Errorf("Ctrl-C while %s: says that all went well:\n%s", stage.Name, result)
	}
}

// kill ends up and everything that it started, without a warning, when it reaches a stage.
func kill(t *testing.T, product *framework.Product, stage framework.Stage) {
	t.Helper()
	run, err := product.StartUp()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.KillAt(t.Context(), product, stage); err != nil {
		t.Fatal(err)
	}
}

// killedOverDestroy kills destroy over the nodes. The state is that of before: it has all that there was. Nobody must believe it.
func killedOverDestroy(t *testing.T, product *framework.Product) {
	t.Helper()
	run, err := product.StartDestroy()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.KillAt(t.Context(), product, framework.NodesGoing); err != nil {
		t.Fatal(err)
	}
	state, err := product.Pulumi(t.Context(), "stack", "export", "--stack", product.Stack)
	if err != nil || !strings.Contains(state, "kind:Cluster::") {
		t.Fatalf("control: the state knows no cluster any more: %v", err)
	}
	result, err := product.Up(t.Context())
	if err == nil || !strings.Contains(result.Output(), "was being deleted by a run that was cut off") {
		t.Errorf("up takes a cluster that is half gone for standing: %v\n%s", err, result)
	}
}

// tearNote leaves beside the state what an engine of a stack that was made otherwise leaves, when it is killed over it.
func tearNote(t *testing.T, product *framework.Product) {
	t.Helper()
	states, err := filepath.Glob(filepath.Join(product.Home(), "state", ".pulumi", "stacks", "*", product.Stack+".json"))
	if err != nil || len(states) != 1 {
		t.Fatalf("the state is in %v, %v", states, err)
	}
	if err := os.WriteFile(states[0]+".attrs", nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, product *framework.Product, stage framework.Stage) *framework.Running {
	t.Helper()
	run, err := product.StartUp()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Await(t.Context(), product, stage); err != nil {
		t.Fatal(errors.Join(err, run.KillTree()))
	}
	return run
}

func mustRun(t *testing.T, command func(context.Context) (framework.Result, error)) framework.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), upDeadline)
	defer cancel()
	result, err := command(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// plan returns the URNs of all that an undisturbed up would make.
func plan(t *testing.T, product *framework.Product) []string {
	t.Helper()
	mustRun(t, product.Preview) // installs the tools and makes the stack's backend
	text, err := product.Pulumi(t.Context(), "preview", "--stack", product.Stack, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var preview struct{ Steps []struct{ Op, URN string } }
	if err := json.Unmarshal([]byte(text), &preview); err != nil {
		t.Fatal(err)
	}
	var planned []string
	for _, step := range preview.Steps {
		if step.Op == "create" {
			planned = append(planned, step.URN)
		}
	}
	if len(planned) < 10 {
		t.Fatalf("control: the plan has only %d resources", len(planned))
	}
	return planned
}

// sameAs wants the stack's state to hold what was planned, once each, and nothing half done.
func sameAs(t *testing.T, product *framework.Product, planned []string) {
	t.Helper()
	text, err := product.Pulumi(t.Context(), "stack", "export", "--stack", product.Stack)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Deployment struct {
			Resources []struct {
				URN, Type string
				Delete    bool
			}
			PendingOperations []any `json:"pending_operations"`
		}
	}
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, resource := range state.Deployment.Resources {
		if resource.Delete {
			t.Errorf("%s waits to be deleted", resource.URN)
		}
		// Providers that the engine makes by itself are in no plan.
		if !strings.HasPrefix(resource.Type, "pulumi:providers:") || slices.Contains(planned, resource.URN) {
			got = append(got, resource.URN)
		}
	}
	if len(state.Deployment.PendingOperations) > 0 {
		t.Errorf("operations that were never finished: %v", state.Deployment.PendingOperations)
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(planned))
	if !slices.Equal(got, want) {
		t.Errorf("the state differs from an undisturbed plan:\ngot\n%s\nwant\n%s",
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// healthy wants exactly the nodes that were asked for, all ready, and every pod running.
func healthy(t *testing.T, product *framework.Product) {
	t.Helper()
	cluster, err := product.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	containers, err := product.NodeContainers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(cluster.Nodes()) != 2 || len(containers) != 2 {
		t.Errorf("%d nodes in %d containers, want 2 in 2: %v", len(cluster.Nodes()), len(containers), containers)
	}
	framework.Eventually(t, "every node to be ready", time.Minute, cluster.NodesReady)
	framework.Eventually(t, "every pod to be ready", time.Minute, func(ctx context.Context) error {
		return cluster.PodsStartedAgain(ctx, time.Time{})
	})
	framework.Eventually(t, "every pod to run", time.Minute, func(ctx context.Context) error {
		pods, err := cluster.Client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if pod.Status.Phase != corev1.PodRunning {
				return fmt.Errorf("pod %s/%s: %s", pod.Namespace, pod.Name, live.DescribePod(&pod))
			}
		}
		return nil
	})
}
