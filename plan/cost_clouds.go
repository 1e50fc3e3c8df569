package plan

import (
	"fmt"
	"strings"
)

func awsCosts(record Record) []wanted {
	wants := []wanted{{"control plane", "cluster", float64(len(record.Of("aws:Cluster")))}}
	for _, group := range record.Of("aws:NodeGroup") {
		nodes := group.Number("scalingConfig", "desiredSize")
		template, _ := record.named(group.Text("launchTemplate", "id"))
		machine := template.Text("instanceType")
		if kinds := group.Texts("instanceTypes"); len(kinds) > 0 {
			machine = kinds[0]
		}
		wants = add(wants, node(machine, nodes, group.Text("capacityType") == "SPOT"))
		for _, disk := range template.List("blockDeviceMappings") {
			size, _ := at(disk, "ebs", "volumeSize").(float64)
			kind := text(disk, "ebs", "volumeType")
			wants = add(wants, wanted{"GiB of " + kind + " on nodes", "disk/" + kind, size * nodes})
		}
	}
	for _, endpoint := range record.Of("aws:VpcEndpoint") {
		if endpoint.Text("vpcEndpointType") == "Interface" {
			wants = add(wants, wanted{"endpoints of services, one in each zone", "endpoint", float64(len(endpoint.List("subnetIds")))})
		}
	}
	return append(wants,
		wanted{"NAT gateways", "nat", float64(len(record.Of("aws:NatGateway")))},
		wanted{"public addresses of NAT gateways", "address", float64(len(record.Of("aws:Eip")))},
		wanted{"KMS keys, before their first rotation", "key", float64(len(record.Of("aws:Key")))},
	)
}

// node is a line of nodes. What can be taken away at any time has a price of the day, which no table knows.
func node(machine string, count float64, spot bool) wanted {
	if spot {
		return wanted{"nodes " + machine + " (spot, counted at the full price: the most it can be)", "node/" + machine, count}
	}
	return wanted{"nodes " + machine, "node/" + machine, count}
}

func azureCosts(record Record) []wanted {
	var wants []wanted
	pool := func(machine string, count, disk float64, spot bool) {
		wants = add(wants, node(machine, count, spot))
		wants = add(wants, wanted{fmt.Sprintf("managed disks of %v GiB", disk), fmt.Sprintf("disk/%v", disk), count})
	}
	for _, cluster := range record.Of("azure-native:ManagedCluster") {
		tier := cluster.Text("sku", "tier")
		wants = append(wants, wanted{"control plane, tier " + tier, "cluster/" + tier, 1})
		for _, each := range cluster.List("agentPoolProfiles") {
			count, _ := at(each, "count").(float64)
			disk, _ := at(each, "osDiskSizeGB").(float64)
			pool(text(each, "vmSize"), count, disk, false)
		}
	}
	for _, each := range record.Of("azure-native:AgentPool") {
		pool(each.Text("vmSize"), each.Number("count"), each.Number("osDiskSizeGB"), each.Text("scaleSetPriority") == "Spot")
	}
	return append(wants,
		wanted{"NAT gateways", "nat", float64(len(record.Of("azure-native:NatGateway")))},
		wanted{"public addresses of NAT gateways", "address", float64(len(record.Of("azure-native:PublicIPAddress")))},
		wanted{"keys in an HSM, by their versions in use", "key", float64(len(record.Of("azure-native:Key")))},
	)
}

func gcpCosts(record Record) []wanted {
	wants := []wanted{{"control plane", "cluster", float64(len(record.Of("gcp:Cluster")))}}
	for _, pool := range record.Of("gcp:NodePool") {
		// The autoscaler starts with what each zone gets at first, and goes no lower than the least of all zones together.
		nodes := max(pool.Number("autoscaling", "totalMinNodeCount"),
			pool.Number("initialNodeCount")*float64(len(pool.List("nodeLocations"))))
		wants = add(wants, node(pool.Text("nodeConfig", "machineType"), nodes, pool.True("nodeConfig", "spot")))
		kind := pool.Text("nodeConfig", "diskType")
		wants = add(wants, wanted{"GiB of " + kind + " on nodes", "disk/" + kind, nodes * pool.Number("nodeConfig", "diskSizeGb")})
	}
	for _, key := range record.Of("gcp:CryptoKey") {
		level := strings.ToUpper(key.Text("versionTemplate", "protectionLevel"))
		wants = add(wants, wanted{"versions of keys in use (" + level + "), before the first rotation", "key/" + level, 1})
	}
	return append(wants,
		wanted{"NAT gateways", "nat", float64(len(record.Of("gcp:RouterNat")))},
		wanted{"zones of names", "dns", float64(len(record.Of("gcp:ManagedZone")))},
	)
}
