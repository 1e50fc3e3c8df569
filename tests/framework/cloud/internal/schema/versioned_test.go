package schema

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// TestVersionsOfAnAPIDiffer: a module of Azure has a folder for each version, and a property of one is none of another.
func TestVersionsOfAnAPIDiffer(t *testing.T) {
	t.Parallel()
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	inputs := resource.NewPropertyMapFromMap(map[string]any{
		"resourceGroupName": "blue", "apiServerAccessProfile": map[string]any{"enableVnetIntegration": true},
	})
	for version, want := range map[string]int{"v20240902preview": 0, "v20240901": 1} {
		folder := Open(filepath.Join(strings.TrimSpace(string(output)), version))
		cluster := read(t, folder, "azure-native:containerservice/"+version+":ManagedCluster", "ManagedCluster")
		faults, err := cluster.Inputs.Check(inputs)
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) != want || want == 1 && faults[0].Property != "apiServerAccessProfile.enableVnetIntegration" {
			t.Errorf("%s: got %+v, want %d", version, faults, want)
		}
	}
}
