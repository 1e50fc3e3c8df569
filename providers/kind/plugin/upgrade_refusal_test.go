package plugin

import (
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// TestPreviewRefusesVersionsThatCannotFollow, beside all else that is wrong with the change.
func TestPreviewRefusesVersionsThatCannotFollow(t *testing.T) {
	t.Parallel()
	server := startPlugin(t, newFakeEngine())
	inputs := testInputs(filepath.Join(t.TempDir(), "blue")).Set("allowReplacement", property.New(false))
	state := created(t, server, inputs).Properties
	changed := checked(t, server, inputs.Set("podSubnet", property.New("10.1.0.0/16")))
	for have, rule := range map[string]string{"v1.99.0": "cannot go back", "v1.20.0": "go to v1.21 first"} {
		_, err := server.Diff(p.DiffRequest{
			ID: testName, Urn: testURN(), State: state.Set("kubernetesVersion", property.New(have)), Inputs: changed,
		})
		for _, want := range []string{"kubernetesVersion", have, rule, "podSubnet"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("no %s in: %v", want, err)
			}
		}
	}
	_, err := server.Diff(p.DiffRequest{ID: testName, Urn: testURN(), State: state, Inputs: changed})
	if err == nil || strings.Contains(err.Error(), "first") || strings.Contains(err.Error(), "go back") {
		t.Errorf("control: only the range changed: %v", err)
	}
}
