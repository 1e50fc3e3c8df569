package schema

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// sdk is the folder of a package of the SDK of AWS.
func sdk(t *testing.T, name string) *Source {
	t.Helper()
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi-aws/sdk/v6").Output()
	if err != nil {
		t.Fatal(err)
	}
	return Open(filepath.Join(strings.TrimSpace(string(output)), "go", "aws", name))
}

func read(t *testing.T, source *Source, token, name string) *Resource {
	t.Helper()
	found, err := source.Resource(token, name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFaultsAreFound: a good cluster has none, and each change to it has the one that is meant.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	cluster := read(t, sdk(t, "eks"), "aws:eks/cluster:Cluster", "Cluster")
	good := func() map[string]any {
		return map[string]any{
			"name": "blue", "roleArn": "arn", "enabledClusterLogTypes": []any{"api"}, "tags": map[string]any{"a": "b"},
			"vpcConfig":     map[string]any{"subnetIds": []any{"a", "b"}, "endpointPublicAccess": false},
			"upgradePolicy": map[string]any{"supportType": "STANDARD"},
		}
	}
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   []Fault
	}{
		"nothing":             {func(map[string]any) {}, nil},
		"a misspelt property": {func(in map[string]any) { in["nmae"] = "x" }, []Fault{{"nmae", "is no property"}}},
		"one in an object": {
			func(in map[string]any) { in["vpcConfig"].(map[string]any)["subnets"] = []any{} }, []Fault{{"vpcConfig.subnets", "is no property"}},
		},
		"a missing one":          {func(in map[string]any) { delete(in, "roleArn") }, []Fault{{"roleArn", "is required"}}},
		"a number for text":      {func(in map[string]any) { in["version"] = 1.35 }, []Fault{{"version", "is number, not text"}}},
		"text for true or false": {func(in map[string]any) { in["bootstrapSelfManagedAddons"] = "no" }, []Fault{{"bootstrapSelfManagedAddons", "is string, not true or false"}}},
		"text for a list":        {func(in map[string]any) { in["enabledClusterLogTypes"] = "api" }, []Fault{{"enabledClusterLogTypes", "is string, not a list"}}},
		"a number in a list":     {func(in map[string]any) { in["enabledClusterLogTypes"] = []any{1.0} }, []Fault{{"enabledClusterLogTypes[0]", "is number, not text"}}},
		"a number in a mapping":  {func(in map[string]any) { in["tags"] = map[string]any{"a": 1.0} }, []Fault{{"tags.a", "is number, not text"}}},
		"a value that there is not": {
			func(in map[string]any) { in["accessConfig"] = map[string]any{"authenticationMode": "PASSWORD"} },
			[]Fault{{"accessConfig.authenticationMode", `is "PASSWORD"`}},
		},
	} {
		inputs := good()
		test.change(inputs)
		faults, err := cluster.Inputs.Check(resource.NewPropertyMapFromMap(inputs))
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) != len(test.want) {
			t.Errorf("%s: got %v, want %v", name, faults, test.want)
			continue
		}
		for i, want := range test.want {
			if faults[i].Property != want.Property || !strings.HasPrefix(faults[i].Reason, want.Reason) {
				t.Errorf("%s: got %v, want %v", name, faults[i], want)
			}
		}
	}
}

func TestWhatIsNotKnownYetIsRight(t *testing.T) {
	t.Parallel()
	cluster := read(t, sdk(t, "eks"), "aws:eks/cluster:Cluster", "Cluster")
	faults, err := cluster.Inputs.Check(resource.PropertyMap{
		"roleArn": resource.MakeComputed(resource.NewStringProperty("")), "vpcConfig": resource.MakeComputed(resource.NewStringProperty("")),
		"version": resource.MakeSecret(resource.NewStringProperty("1.35")),
	})
	if err != nil || len(faults) > 0 {
		t.Errorf("got %v, %v", faults, err)
	}
}

// TestReplacementsAndRequirements are read out of documentation and constructors.
func TestReplacementsAndRequirements(t *testing.T) {
	t.Parallel()
	cluster := read(t, sdk(t, "eks"), "aws:eks/cluster:Cluster", "Cluster")
	if !cluster.Inputs["bootstrapSelfManagedAddons"].Replaces || cluster.Inputs["version"].Replaces {
		t.Error("which changes make a new cluster is not known")
	}
	endpoint := read(t, sdk(t, "ec2"), "aws:ec2/vpcEndpoint:VpcEndpoint", "VpcEndpoint")
	if !endpoint.Inputs["vpcId"].Required || endpoint.Inputs["policy"].Required {
		t.Error("what an endpoint needs is not known")
	}
	group := read(t, sdk(t, "eks"), "aws:eks/nodeGroup:NodeGroup", "NodeGroup")
	if !group.Inputs["subnetIds"].Required || len(group.Inputs["capacityType"].Values) != 2 {
		t.Errorf("of a node group is known: %+v, %+v", group.Inputs["subnetIds"], group.Inputs["capacityType"])
	}
}

func TestUnknownResourcesAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := sdk(t, "eks").Resource("aws:eks/fleet:Fleet", "Fleet"); err == nil {
		t.Error("there is no fleet")
	}
	if _, err := sdk(t, "eks").Resource("aws:eks/clusters:Cluster", "Cluster"); err == nil {
		t.Error("the token is misspelt")
	}
}
