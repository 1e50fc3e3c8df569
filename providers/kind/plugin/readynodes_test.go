package plugin

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func readyNodesURN() resource.URN {
	return resource.NewURN("test", "rampart", "", "rampart:kind:ReadyNodes", "nodes")
}

func readyNodesInputs() property.Map {
	return property.NewMap(map[string]property.Value{
		"cluster": property.New(testName), "engine": property.New(enginePodman), "clusterId": property.New("blue-1"),
		"workers": property.New(1.0),
	})
}

func TestReadyNodesWaitsForThem(t *testing.T) {
	t.Parallel()
	engine := newFakeEngine()
	server := startPlugin(t, engine)
	answers := []string{
		"blue-control-plane True kubelet is posting ready status\nblue-worker False cni plugin not initialized\n",
		"blue-control-plane True kubelet is posting ready status\nblue-worker True kubelet is posting ready status\n",
	}
	engine.upgrades.readiness = answers
	// What a preview knows of a cluster that is to be made.
	unknown := readyNodesInputs().Set("clusterId", property.New(property.Computed)).Set("engine", property.New(property.Computed))
	planned, err := server.Check(p.CheckRequest{Urn: readyNodesURN(), Inputs: unknown})
	if err != nil || len(planned.Failures) > 0 {
		t.Fatalf("refused in a preview: %v, %v", planned.Failures, err)
	}
	_, err = server.Create(p.CreateRequest{Urn: readyNodesURN(), Properties: planned.Inputs, DryRun: true})
	if err != nil || len(engine.upgrades.readiness) != 2 {
		t.Errorf("a preview asks for nodes: %v", err)
	}
	made, err := server.Create(p.CreateRequest{Urn: readyNodesURN(), Properties: readyNodesInputs()})
	if err != nil || made.ID != testName || len(engine.upgrades.readiness) != 1 {
		t.Errorf("made %q with %d answers left, %v", made.ID, len(engine.upgrades.readiness), err)
	}

	engine.upgrades.readiness = answers
	news := readyNodesInputs().Set("kubernetesVersion", property.New(upgradedVersion))
	diff, err := server.Diff(p.DiffRequest{ID: made.ID, Urn: readyNodesURN(), State: made.Properties, Inputs: news})
	if err != nil || diff.DetailedDiff["kubernetesVersion"].Kind != p.Add {
		t.Errorf("difference = %v, %v", diff.DetailedDiff, err)
	}
	_, err = server.Update(p.UpdateRequest{ID: made.ID, Urn: readyNodesURN(), State: made.Properties, Inputs: news})
	if err != nil || len(engine.upgrades.readiness) != 1 {
		t.Errorf("an upgrade does not wait: %d answers left, %v", len(engine.upgrades.readiness), err)
	}

	anew := readyNodesInputs().Set("clusterId", property.New("blue-2"))
	diff, err = server.Diff(p.DiffRequest{ID: made.ID, Urn: readyNodesURN(), State: made.Properties, Inputs: anew})
	if err != nil || diff.DetailedDiff["clusterId"].Kind != p.UpdateReplace {
		t.Errorf("difference of another cluster = %v, %v", diff.DetailedDiff, err)
	}
}

func TestNotReadyNamesEachNodeAndWhy(t *testing.T) {
	t.Parallel()
	nodes := []string{"a", "b", "c", "d"}
	err := notReady(nodes, "a True fine\nb False no network: cni plugin\nc\nother False x\n")
	if err == nil {
		t.Fatal("all nodes are taken for ready")
	}
	for _, want := range []string{
		"b is not (no network: cni plugin)", "c has said nothing yet", "d is not known to the API server",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "other") || strings.HasPrefix(err.Error(), "a ") {
		t.Errorf("error %q names a node that nobody waits for", err)
	}
	if err := notReady([]string{"a"}, "a True fine\nb False no\n"); err != nil {
		t.Errorf("a ready node is not: %v", err)
	}
}
