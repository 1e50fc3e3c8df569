package gke

import (
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud/suite"
)

// ofGKE says what is GKE's own about gke-dev and gke-prod.
func ofGKE() suite.Cloud {
	return suite.Cloud{
		Name: "gke", Package: "gcp",
		Orders: orders, Deletions: deletions,
		Pools: "nodePools",
		Days: []suite.Day{
			{Name: "an upgrade replaces nothing", Version: suite.After, Updated: []string{"cluster"}},
			{
				Name:    "a change of the nodes replaces nothing",
				Nodes:   map[string]any{"max": 6, "diskGiB": 200, "machineType": "e2-standard-4"},
				Updated: []string{"nodes-general"},
			},
		},
		Drift: suite.Drift{Name: "logs", Outputs: map[string]any{"retentionDays": 1}},
	}
}

func TestProduction(t *testing.T) { t.Parallel(); ofGKE().Production(t) }

func TestLifecycle(t *testing.T) { t.Parallel(); ofGKE().Life(t) }

func TestOrdersAreSeen(t *testing.T) { t.Parallel(); ofGKE().OrdersAreSeen(t) }
