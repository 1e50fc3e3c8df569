package plan

import (
	"slices"
	"strings"
)

func azureJudges(judges map[string]judge) {
	const native = "azure-native:"
	closed(judges,
		native+"ResourceGroup", native+"VirtualNetwork", native+"Key", native+"DiskEncryptionSet", native+"UserAssignedIdentity",
		native+"RoleAssignment", native+"DiagnosticSetting", native+"MaintenanceConfiguration",
		native+"BlobContainer", native+"BlobServiceProperties")
	judges[native+"ManagedCluster"] = func(_ Record, of Resource, into *Public) {
		if !of.True("apiServerAccessProfile", "enablePrivateCluster") {
			into.reachable(of, "API server", orEverywhere(of.Texts("apiServerAccessProfile", "authorizedIPRanges")))
		}
		for _, pool := range of.List("agentPoolProfiles") {
			judgePool(of, text(pool, "name"), pool, into)
		}
	}
	judges[native+"AgentPool"] = func(_ Record, of Resource, into *Public) {
		judgePool(of, of.Text("agentPoolName"), of.Inputs, into)
	}
	judges[native+"Vault"] = func(_ Record, of Resource, into *Public) {
		if of.Text("properties", "publicNetworkAccess") != "Disabled" {
			into.reachable(of, "key vault", "every network, for whoever Entra ID lets in")
		}
	}
	judges[native+"Workspace"] = func(_ Record, of Resource, into *Public) {
		if of.Text("publicNetworkAccessForQuery") != "Disabled" {
			into.reachable(of, "queries of the logs", "every network, for whoever Entra ID lets in")
		}
		if of.Text("publicNetworkAccessForIngestion") != "Disabled" {
			into.reachable(of, "ingestion of logs", "every network, for whoever Entra ID lets in")
		}
	}
	judges[native+"StorageAccount"] = func(_ Record, of Resource, into *Public) {
		if of.True("allowBlobPublicAccess") {
			into.reachable(of, "blobs without a login", everywhere)
		}
		if of.Text("publicNetworkAccess") != "Disabled" {
			into.reachable(of, "storage account", "every network, for whoever Entra ID lets in")
		}
	}
	judges[native+"NetworkSecurityGroup"] = judgeNetworkSecurityGroup
	judges[native+"NatGateway"] = func(_ Record, of Resource, into *Public) { into.out(of, "subnet of the nodes, by this gateway") }
	judges[native+"PublicIPAddress"] = func(record Record, of Resource, into *Public) {
		ofGateway := slices.ContainsFunc(record.Of(native+"NatGateway"), func(gateway Resource) bool {
			return slices.ContainsFunc(gateway.List("publicIpAddresses"), func(address any) bool {
				return referred(text(address, "id")) == of.Name
			})
		})
		if !ofGateway {
			into.reachable(of, "public address", everywhere)
		}
	}
	judges[native+"RouteTable"] = func(_ Record, of Resource, into *Public) {
		for _, route := range of.List("routes") {
			if outside(text(route, "addressPrefix")) {
				into.out(of, "subnet of the nodes, by "+text(route, "nextHopIpAddress"))
			}
		}
	}
}

func judgePool(of Resource, name string, pool any, into *Public) {
	if public, _ := at(pool, "enableNodePublicIP").(bool); public {
		into.reachable(of, "public addresses for nodes of pool "+name, everywhere)
	}
}

func judgeNetworkSecurityGroup(_ Record, of Resource, into *Public) {
	for _, rule := range of.List("securityRules") {
		if text(rule, "direction") != "Inbound" || text(rule, "access") != "Allow" {
			continue
		}
		ports := strings.Join(append(texts(at(rule, "destinationPortRange")), texts(at(rule, "destinationPortRanges"))...), ", ")
		for _, source := range append(texts(at(rule, "sourceAddressPrefix")), texts(at(rule, "sourceAddressPrefixes"))...) {
			switch source {
			case "VirtualNetwork", "AzureLoadBalancer":
			default:
				if outside(source) {
					into.reachable(of, text(rule, "protocol")+" "+ports, source)
				}
			}
		}
	}
}
