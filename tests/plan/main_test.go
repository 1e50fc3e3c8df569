package plan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rampart-iac/rampart/components/network"
	"github.com/rampart-iac/rampart/plan"
	"github.com/rampart-iac/rampart/plan/record"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/stacks/clouds"
)

const root = "../.."

// recorded is what the program of a stack of this repository asks for.
func recorded(t *testing.T, stack string) plan.Record {
	t.Helper()
	handOver(t, stack)
	made, err := record.Run(stacks.Program(clouds.Makers()), stacks.Project, stack)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// handOver sets the environment in which a program finds a stack's configuration.
func handOver(t *testing.T, stack string) {
	t.Helper()
	values, err := stacks.ReadFile(filepath.Join(root, "stacks", stacks.FileName(stack)))
	if err != nil {
		t.Fatal(err)
	}
	environment, err := stacks.Handover(stack, values)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	t.Setenv(stacks.HomeVariable, workingFolder(t))
	t.Setenv(stacks.FileVariable, "")
}

// workingFolder is one that the road has filled, as far as a plan needs it.
func workingFolder(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	crds := filepath.Join(home, "crds")
	if err := os.Mkdir(crds, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range network.Definitions() {
		definition := "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" +
			"metadata: {name: " + name + "}\nspec: {group: crd.projectcalico.org}\n"
		if err := os.WriteFile(filepath.Join(crds, name+".yaml"), []byte(definition), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	images, err := json.Marshal(stacks.Images{Road: stacks.RoadPublished, KubernetesVersion: "v1.37.0", CalicoCRDs: crds})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(stacks.Approver(home)), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		filepath.Join(home, stacks.ImagesFile): images, stacks.Approver(home): []byte("program"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

// allStacks are those of this repository.
func allStacks(t *testing.T) []string {
	t.Helper()
	names, err := stacks.List(filepath.Join(root, "stacks"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, "eks-prod") {
		t.Fatalf("the stacks are %v", names)
	}
	return names
}
