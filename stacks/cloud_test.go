package stacks

import (
	"strings"
	"testing"
)

// TestTenantsStayOutOfTheCloudsNodes: no rule of a tenant leads into the network that the nodes of the stack's own cluster, and
// its API server, stand in; and what is as wide as the world leaves it out.
func TestTenantsStayOutOfTheCloudsNodes(t *testing.T) {
	t.Parallel()
	for stack, network := range map[string]string{
		"eks-prod": "10.0.0.0/16", "aks-prod": "10.0.0.0/16", "gke-prod": "10.0.0.0/20",
	} {
		values, err := ReadFile(FileName(stack))
		if err != nil {
			t.Fatal(err)
		}
		tenant := func(cidr string) string {
			return `[{"name":"blue","allowEgress":[{"cidr":"` + cidr + `","port":443}]}]`
		}
		values["rampart:tenants"] = tenant("203.0.113.0/24")
		if _, err := Load(values, testHost()); err != nil {
			t.Errorf("control: %s: %v", stack, err)
		}
		values["rampart:tenants"] = tenant(network)
		_, err = Load(values, testHost())
		if err == nil || !strings.Contains(err.Error(), `rampart:tenants[0].allowEgress[0].cidr "`+network+`": meets `+network) {
			t.Errorf("%s: a rule into the nodes' network: %v", stack, err)
		}
	}
}
