package stacks

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stateOf stands for an engine whose state has a stack of a cluster, or of none.
type stateOf struct {
	cluster string
	made    []string
}

func (s *stateOf) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	s.made = append(s.made, args.Name)
	outputs := args.Inputs.Copy()
	if s.cluster != "" {
		outputs["output"] = resource.NewProperty(s.cluster)
	}
	return args.Name, outputs, nil
}

func (s *stateOf) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// TestAStackKeepsItsCluster, by whatever the state says of it.
func TestAStackKeepsItsCluster(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{
		"":            "",
		"eks blue":    "",
		"eks green":   `rampart:cluster.name "blue" of rampart:provider eks makes another cluster and deletes "eks green"`,
		"aks blue":    `makes another cluster and deletes "aks blue"`,
		"kind kind-1": `run "make destroy" before the change`,
	} {
		engine := &stateOf{cluster: before}
		config := DefaultOf(ProviderEKS)
		config.Cluster.Name = "blue"
		err := pulumi.RunErr(run{config: config}.sameCluster, pulumi.WithMocks(Project, "dev", engine))
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", before, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got %v, want %q", before, err, want)
		case len(engine.made) != 1 || engine.made[0] != CurrentCluster:
			t.Errorf("%q: made %v", before, engine.made)
		}
	}
}
