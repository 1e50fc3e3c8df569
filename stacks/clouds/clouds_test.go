package clouds

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/tests/framework/inputs"
)

// sdks are what only the programs of a cloud's stacks need.
var sdks = map[baseline.Provider]string{
	baseline.ProviderEKS: "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks",
	baseline.ProviderAKS: "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview",
	baseline.ProviderGKE: "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container",
}

// TestEachCloudCanBeHadAlone: with the tags of a provider the package compiles, and needs the SDK of that cloud and no other.
func TestEachCloudCanBeHadAlone(t *testing.T) {
	t.Parallel()
	inputs.Sources(t, ".", filepath.Join("..", "..", "providers"))
	for _, provider := range baseline.Providers() {
		t.Run(string(provider), func(t *testing.T) {
			t.Parallel()
			tags := "-tags=" + strings.Join(stacks.BuildTags(provider), ",")
			if output, err := exec.CommandContext(t.Context(), "go", "build", tags, ".").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", tags, ".").Output()
			if err != nil {
				t.Fatal(err)
			}
			needed := strings.Fields(string(output))
			for cloud, sdk := range sdks {
				if got, want := slices.Contains(needed, sdk), cloud == provider; got != want {
					t.Errorf("needs the SDK of %s: %t, want %t", cloud, got, want)
				}
			}
		})
	}
}

// TestWithoutTagsEveryCloudIsThere, which is what "go build ./..." and the linter see.
func TestWithoutTagsEveryCloudIsThere(t *testing.T) {
	t.Parallel()
	if got := len(Makers()); got != len(sdks) {
		t.Errorf("%d makers, want %d", got, len(sdks))
	}
}
