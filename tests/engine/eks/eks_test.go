package eks

import (
	"testing"

	"github.com/rampart-iac/rampart/tests/framework/cloud/suite"
)

// ofEKS says what is EKS's own about eks-dev and eks-prod.
func ofEKS() suite.Cloud {
	return suite.Cloud{
		Name: "eks", Package: "aws",
		Orders: orders, Deletions: deletions,
		Pools: "nodeGroups",
		Days: []suite.Day{
			{
				Name: "an upgrade replaces nothing", Version: suite.After,
				Updated: []string{"cluster", "nodes-general", "addon-kube-proxy", "addon-coredns"},
				Order: &suite.Order{
					Before: []string{"cluster"}, After: "nodes-general", Why: "nodes are never newer than their control plane",
				},
			},
			{
				Name: "a change of the nodes replaces nothing", Nodes: map[string]any{"max": 6, "diskGiB": 200},
				Updated: []string{"nodes-general-template", "nodes-general"},
			},
			{
				Name:    "other machines come before the old ones go",
				Nodes:   map[string]any{"instanceTypes": []any{"m7a.large", "m6a.large"}},
				Created: []string{"nodes-general"}, Deleted: []string{"nodes-general"},
			},
		},
		Drift: suite.Drift{Name: "logs-cluster", Outputs: map[string]any{"retentionInDays": 1}},
	}
}

func TestProduction(t *testing.T) { t.Parallel(); ofEKS().Production(t) }

func TestLifecycle(t *testing.T) { t.Parallel(); ofEKS().Life(t) }

func TestOrdersAreSeen(t *testing.T) { t.Parallel(); ofEKS().OrdersAreSeen(t) }
