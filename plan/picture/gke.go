package picture

import (
	"fmt"
	"strings"

	"github.com/rampart-iac/rampart/plan"
)

// onGKE is the VPC with its subnetwork, which spans all zones of the region.
func onGKE(record plan.Record) (network, error) {
	networks, subnetworks := record.Of("gcp:Network"), record.Of("gcp:Subnetwork")
	if len(networks) == 0 || len(subnetworks) == 0 {
		return network{}, given("VPC")
	}
	cluster, subnetwork := record.Of("gcp:Cluster")[0], subnetworks[0]
	drawn := network{name: "VPC " + networks[0].Name, cloud: "Google Kubernetes Engine"}
	nodes := box{title: "Subnetwork " + subnetwork.Name, addresses: subnetwork.Text("ipCidrRange")}
	for _, pool := range record.Of("gcp:NodePool") {
		nodes.lines = append(nodes.lines, fmt.Sprintf("nodes %s: %s, %v to %v", strings.TrimSuffix(pool.Text("namePrefix"), "-"),
			pool.Text("nodeConfig", "machineType"), pool.Number("autoscaling", "totalMinNodeCount"),
			pool.Number("autoscaling", "totalMaxNodeCount")), "in "+strings.Join(pool.Texts("nodeLocations"), ", "))
	}
	if cluster.True("privateClusterConfig", "enablePrivateNodes") {
		nodes.lines = append(nodes.lines, "private addresses only")
	}
	drawn.rows = [][]box{{nodes}, {}}
	for _, each := range subnetwork.List("secondaryIpRanges") {
		secondary := plan.Resource{Inputs: each.(map[string]any)}
		drawn.rows[1] = append(drawn.rows[1], box{
			title: "Range " + secondary.Text("rangeName"), addresses: secondary.Text("ipCidrRange"),
		})
	}
	drawn.controlPlane = box{
		title: "Control plane", addresses: cluster.Text("privateClusterConfig", "masterIpv4CidrBlock"),
		lines: []string{"run by Google, in a network that is peered", "Kubernetes " + cluster.Text("minMasterVersion")},
	}
	from := []string{"nodes and pods"}
	for _, block := range cluster.List("masterAuthorizedNetworksConfig", "cidrBlocks") {
		if cluster.True("privateClusterConfig", "enablePrivateEndpoint") {
			from = append(from, plan.Resource{Inputs: block.(map[string]any)}.Text("cidrBlock"))
		}
	}
	drawn.links = append(drawn.links, link{strings.Join(from, ", "), "the API server", "TLS to its private address"})
	if len(record.Of("gcp:RouterNat")) > 0 {
		drawn.out = "by Cloud NAT; nothing gets in that way"
	}
	var names []string
	for _, zone := range record.Of("gcp:ManagedZone") {
		names = append(names, strings.TrimSuffix(zone.Text("dnsName"), "."))
	}
	for _, route := range record.Of("gcp:Route") {
		if target := route.Text("destRange"); len(names) > 0 && target != "0.0.0.0/0" {
			drawn.services = box{title: "Google's services", addresses: target, lines: []string{
				"by names of the VPC's own:", strings.Join(names, ", "),
			}}
			drawn.links = append(drawn.links, link{"nodes and pods", "Google's services", "restricted addresses " + target})
		}
	}
	return drawn, nil
}
