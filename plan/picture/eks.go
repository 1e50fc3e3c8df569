package picture

import (
	"slices"
	"strings"

	"github.com/rampart-iac/rampart/plan"
)

// onEKS is the VPC with its subnets, a column for each zone.
func onEKS(record plan.Record) (network, error) {
	vpcs := record.Of("aws:Vpc")
	if len(vpcs) == 0 {
		return network{}, given("VPC")
	}
	drawn := network{name: "VPC " + vpcs[0].Name, addresses: vpcs[0].Text("cidrBlock"), cloud: "Amazon EKS"}
	var public, private []box
	subnets := record.Of("aws:Subnet")
	slices.SortFunc(subnets, func(a, b plan.Resource) int {
		return strings.Compare(a.Text("availabilityZone"), b.Text("availabilityZone"))
	})
	for _, subnet := range subnets {
		drawnAs := box{title: subnet.Text("availabilityZone"), addresses: subnet.Text("cidrBlock"), public: leadsOut(record, subnet)}
		if drawnAs.public {
			drawnAs.lines = append(drawnAs.lines, "public subnet")
			for _, gateway := range record.Of("aws:NatGateway") {
				if referred(gateway.Text("subnetId")) == subnet.Name {
					drawnAs.lines = append(drawnAs.lines, "NAT gateway")
				}
			}
			public = append(public, drawnAs)
			continue
		}
		drawnAs.lines = append([]string{"private subnet"}, inSubnet(record, subnet)...)
		private = append(private, drawnAs)
	}
	if len(public) > 0 {
		drawn.rows = append(drawn.rows, public)
		gateways := plural(len(record.Of("aws:NatGateway")), "NAT gateway", "NAT gateways")
		drawn.out = "by " + gateways + "; nothing gets in that way"
	}
	drawn.rows = append(drawn.rows, private)
	cluster := record.Of("aws:Cluster")[0]
	drawn.controlPlane = box{title: "Control plane", lines: []string{"run by AWS", "Kubernetes " + cluster.Text("version")}}
	if cluster.True("vpcConfig", "endpointPrivateAccess") {
		drawn.controlPlane.lines = append(drawn.controlPlane.lines, "private address in each zone")
		drawn.links = append(drawn.links, link{"nodes and pods", "the API server", "TLS to its private address"})
	}
	drawn.services, drawn.links = awsServices(record, drawn.links)
	return drawn, nil
}

// leadsOut says whether the routes of a subnet lead to an internet gateway.
func leadsOut(record plan.Record, subnet plan.Resource) bool {
	for _, association := range record.Of("aws:RouteTableAssociation") {
		if referred(association.Text("subnetId")) != subnet.Name {
			continue
		}
		for _, route := range record.Of("aws:Route") {
			if route.Text("routeTableId") == association.Text("routeTableId") && route.Text("gatewayId") != "" {
				return true
			}
		}
	}
	return false
}

// inSubnet is what stands in a private subnet.
func inSubnet(record plan.Record, subnet plan.Resource) []string {
	var lines []string
	for _, group := range record.Of("aws:NodeGroup") {
		if among(group.Texts("subnetIds"), subnet) {
			name := strings.TrimSuffix(group.Text("nodeGroupNamePrefix"), "-")
			lines = append(lines, "nodes "+name+": "+strings.Join(machines(record, group), ", "))
		}
	}
	for _, cluster := range record.Of("aws:Cluster") {
		if among(cluster.Texts("vpcConfig", "subnetIds"), subnet) {
			lines = append(lines, "address of the API server")
		}
	}
	count := 0
	for _, endpoint := range record.Of("aws:VpcEndpoint") {
		if among(endpoint.Texts("subnetIds"), subnet) {
			count++
		}
	}
	if count > 0 {
		lines = append(lines, plural(count, "endpoint", "endpoints"))
	}
	return lines
}

// machines are the instance types of a group of nodes.
func machines(record plan.Record, group plan.Resource) []string {
	if kinds := group.Texts("instanceTypes"); len(kinds) > 0 {
		return kinds
	}
	for _, template := range record.Of("aws:LaunchTemplate") {
		if referred(group.Text("launchTemplate", "id")) == template.Name {
			return []string{template.Text("instanceType")}
		}
	}
	return nil
}

// awsServices are the services that have an endpoint in the VPC.
func awsServices(record plan.Record, links []link) (box, []link) {
	var names []string
	for _, endpoint := range record.Of("aws:VpcEndpoint") {
		parts := strings.SplitN(endpoint.Text("serviceName"), ".", 4)
		names = append(names, parts[len(parts)-1])
	}
	slices.Sort(names)
	if len(names) == 0 {
		return box{}, links
	}
	services, how := "services of AWS", plural(len(names), "endpoint", "endpoints")+" in the VPC, for this account alone"
	if slices.Contains(names, "s3") {
		how += ", and for the layers of ECR's images"
	}
	if len(record.Of("aws:NatGateway")) > 0 {
		services = strings.Join(names, ", ")
		links = append(links, link{"nodes and pods", "other services of AWS", "by the way out, as the Internet"})
	}
	return box{title: "Services of AWS", lines: []string{"by endpoints in the VPC:", strings.Join(names, ", ")}},
		append(links, link{"nodes and pods", services, how})
}
