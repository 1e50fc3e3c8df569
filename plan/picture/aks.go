package picture

import (
	"fmt"
	"strings"

	"github.com/rampart-iac/rampart/plan"
)

// onAKS is the virtual network with its subnets, which span all zones.
func onAKS(record plan.Record) (network, error) {
	networks := record.Of("azure-native:VirtualNetwork")
	if len(networks) == 0 {
		return network{}, given("virtual network")
	}
	made, cluster := networks[0], record.Of("azure-native:ManagedCluster")[0]
	drawn := network{
		name: "Virtual network " + made.Name, addresses: strings.Join(made.Texts("addressSpace", "addressPrefixes"), ", "),
		cloud: "Azure Kubernetes Service",
	}
	for _, each := range made.List("subnets") {
		subnet := plan.Resource{Inputs: each.(map[string]any)}
		drawnAs := box{title: "Subnet " + subnet.Text("name"), addresses: subnet.Text("addressPrefix")}
		if strings.HasSuffix(cluster.Text("apiServerAccessProfile", "subnetId"), "/"+subnet.Text("name")) {
			drawnAs.lines = append(drawnAs.lines, "private address of the API server")
		}
		drawnAs.lines = append(drawnAs.lines, azurePools(record, cluster, subnet.Text("name"))...)
		if subnet.Text("networkSecurityGroup", "id") != "" {
			drawnAs.lines = append(drawnAs.lines, "lets in what comes from the virtual network, and nothing else")
		}
		if subnet.Text("natGateway", "id") != "" {
			drawn.out = "by the NAT gateway; nothing gets in that way"
		}
		if subnet.Text("routeTable", "id") != "" {
			drawn.out = "by the firewall of a network that is peered"
		}
		drawn.rows = append(drawn.rows, []box{drawnAs})
	}
	drawn.controlPlane = box{title: "Control plane", lines: []string{
		"run by Azure", "Kubernetes " + cluster.Text("kubernetesVersion"), "its API server has an address in the virtual network",
	}}
	drawn.links = append(drawn.links, link{"nodes and pods", "the API server", "TLS to its private address"})
	if vaults := record.Of("azure-native:Vault"); len(vaults) > 0 {
		drawn.services = box{title: "Key vault", lines: []string{vaults[0].Text("vaultName"), "public access: " +
			strings.ToLower(vaults[0].Text("properties", "publicNetworkAccess"))}}
		drawn.servicesFromPlane = true
		drawn.links = append(drawn.links,
			link{"the control plane", "the key vault", "by its identity, over a private endpoint that AKS makes"})
	}
	return drawn, nil
}

// azurePools are the pools of nodes in a subnet.
func azurePools(record plan.Record, cluster plan.Resource, subnet string) []string {
	var pools []plan.Resource
	for _, each := range cluster.List("agentPoolProfiles") {
		pools = append(pools, plan.Resource{Inputs: each.(map[string]any)})
	}
	var lines []string
	for _, pool := range append(pools, record.Of("azure-native:AgentPool")...) {
		if !strings.HasSuffix(pool.Text("vnetSubnetID"), "/"+subnet) {
			continue
		}
		name := pool.Text("name") + pool.Text("agentPoolName")
		lines = append(lines, fmt.Sprintf("nodes %s: %s, %v to %v in zones %s", name, pool.Text("vmSize"), pool.Number("minCount"),
			pool.Number("maxCount"), strings.Join(pool.Texts("availabilityZones"), ", ")))
	}
	return lines
}
