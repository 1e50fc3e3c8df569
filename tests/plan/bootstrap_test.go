package plan

import (
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/plan"
	"github.com/rampart-iac/rampart/plan/record"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/stacks/clouds"
)

// TestThePlaceOfTheStateIsClosed judges what the bootstrap makes by the rules of the plan: nobody gets in without a login, and
// what is protected cannot be deleted by mistake.
//
//nolint:paralleltest // the program reads the environment
func TestThePlaceOfTheStateIsClosed(t *testing.T) {
	for stack, open := range map[string][]string{
		"eks-prod": nil, "gke-prod": nil,
		// Azure's can be reached from every network, because Pulumi runs somewhere, and ask for a login there.
		"aks-prod": {"for whoever Entra ID lets in"},
	} {
		handOver(t, stack)
		made, err := record.Run(stacks.Bootstrap(clouds.StateMakers()), stacks.Project, stack)
		if err != nil {
			t.Fatal(err)
		}
		judged := planned(t, stack, made)
		if len(judged.Public.Unjudged) > 0 {
			t.Errorf("%s: nobody judged %v", stack, judged.Public.Unjudged)
		}
		for _, finding := range judged.Public.Reachable {
			if len(open) == 0 || !strings.HasSuffix(finding.From, open[0]) {
				t.Errorf("%s: %+v", stack, finding)
			}
		}
		if again := opened(t, stack, made); again == len(judged.Public.Reachable) {
			t.Errorf("%s: control: what is opened is not seen", stack)
		}
	}
}

// opened is how many ways in there are once every wall is taken away.
func opened(t *testing.T, stack string, made plan.Record) int {
	t.Helper()
	for _, each := range made.Resources {
		switch each.Kind() {
		case "aws:BucketPublicAccessBlock":
			each.Inputs["restrictPublicBuckets"] = false
		case "azure-native:StorageAccount":
			each.Inputs["allowBlobPublicAccess"] = true
		case "gcp:Bucket":
			delete(each.Inputs, "publicAccessPrevention")
		}
	}
	return len(planned(t, stack, made).Public.Reachable)
}

//nolint:paralleltest // the program reads the environment
func TestNoPlaceForTheStateOfAClusterOnThisMachine(t *testing.T) {
	handOver(t, "kind")
	_, err := record.Run(stacks.Bootstrap(clouds.StateMakers()), stacks.Project, "kind")
	if err == nil || !strings.Contains(err.Error(), "on this machine") {
		t.Errorf("got %v", err)
	}
}
