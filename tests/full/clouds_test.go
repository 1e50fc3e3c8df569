package full

import (
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/standin"
)

// TestLayersOfClouds applies what goes into the cluster of a stack in a cloud to a real cluster that stands for the cloud's, and
// verifies it there. Those of GKE are in tests/e2e/vanilla.
//
//nolint:paralleltest // one cluster at a time
func TestLayersOfClouds(t *testing.T) {
	for _, name := range []string{"eks-prod", "aks-prod"} {
		t.Run(name, func(t *testing.T) {
			standin.Make(t, "e2e-clouds", standin.Routed).Prove(t, name).Expect(t)
		})
	}
}
