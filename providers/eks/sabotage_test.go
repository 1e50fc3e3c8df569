package eks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// sabotage breaks each item of the benchmark in one resource of a cluster.
var sabotage = map[string]struct {
	name   string
	change map[string]any
}{
	"2.1.1": {"blue-cluster", map[string]any{"enabledClusterLogTypes": []any{"api"}}},
	"2.1.2": {"blue-logs-cluster", map[string]any{"retentionInDays": 7}},
	"5.1.3": {"blue-node-role-AmazonEKSWorkerNodePolicy", map[string]any{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}},
	"5.2.1": {"blue-nodes-general-template", map[string]any{
		"metadataOptions": map[string]any{"httpTokens": "required", "httpPutResponseHopLimit": 2},
	}},
	"5.3.1": {"blue-cluster", map[string]any{"encryptionConfig": map[string]any{}}},
	"5.4.1": {"blue-cluster", map[string]any{"vpcConfig": map[string]any{"endpointPublicAccess": true}}},
	"5.4.2": {"blue-cluster", map[string]any{"vpcConfig": map[string]any{"endpointPublicAccess": true, "endpointPrivateAccess": true}}},
	"5.4.3": {"blue-private-eu-central-1a", map[string]any{"mapPublicIpOnLaunch": true}},
	"5.4.4": {"blue-addon-vpc-cni", map[string]any{"configurationValues": `{"enableNetworkPolicy":"true"}`}},
	"5.5.1": {"blue-cluster", map[string]any{"accessConfig": map[string]any{
		"authenticationMode": "API_AND_CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": false,
	}}},
}

// TestCISItemsSeeSabotage: each check goes red when what it is about is broken.
func TestCISItemsSeeSabotage(t *testing.T) {
	t.Parallel()
	if len(sabotage) != len(cisItems) {
		t.Errorf("%d items and %d ways to break them", len(cisItems), len(sabotage))
	}
	for id, broken := range sabotage {
		made, _ := mustMake(t, asIs)
		found := false
		for i, args := range made.Registered {
			if args.Name != broken.name {
				continue
			}
			found = true
			made.Registered[i].Inputs = args.Inputs.Copy()
			for key, value := range broken.change {
				made.Registered[i].Inputs[resource.PropertyKey(key)] = resource.NewPropertyValue(value)
			}
		}
		if !found || len(cisItems[id](t, made)) == 0 {
			t.Errorf("item %s does not see what is broken in %s", id, broken.name)
		}
	}
}
