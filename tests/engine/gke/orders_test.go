package gke

import "github.com/rampart-iac/rampart/tests/framework/cloud/suite"

// orders are those that Google punishes, some at once and some only later.
var orders = []suite.Order{
	{
		Before: []string{"service-container", "service-compute", "service-cloudkms"}, After: "keys",
		Why: "nothing is made of a service that is off",
	},
	{
		Before: []string{"service-container"}, After: "secrets-key-user",
		Why: "GKE's own account is there once the service is on",
	},
	{
		Before: []string{"secrets-key", "secrets-key-user"}, After: "cluster",
		Why: "GKE makes no cluster with a key that it may not use",
	},
	{
		Before: []string{"disks-key", "disks-key-user"}, After: "cluster",
		Why: "the first nodes have encrypted disks, too",
	},
	{
		Before: []string{"logs", "logs-sink", "audit"}, After: "cluster",
		Why: "the first events of a cluster are worth keeping",
	},
	{
		Before: []string{"nodes-account", "nodes-account-role", "nodes-reads-europe-west3-acme-prod-images"}, After: "cluster",
		Why: "nodes without rights write no logs",
	},
	{
		Before: []string{"route-google", "dns-googleapis-names", "dns-artifact-registry-names"}, After: "nodes-general",
		Why: "nodes without a way to Google do not join",
	},
	{
		Before: []string{"cluster"}, After: "nodes-general",
		Why: "a pool belongs to a cluster",
	},
}

// deletions are the orders that Google punishes when a cluster goes.
var deletions = []suite.Order{
	{
		Before: []string{"nodes-general"}, After: "cluster",
		Why: "a pool is deleted in its cluster",
	},
	{
		Before: []string{"cluster"}, After: "secrets-key-user",
		Why: "a cluster without its key is broken",
	},
	{
		Before: []string{"cluster"}, After: "secrets-key",
		Why: "a cluster without its key is broken",
	},
	{
		Before: []string{"cluster"}, After: "logs",
		Why: "the last events of a cluster are worth keeping",
	},
	{
		Before: []string{"nodes-general"}, After: "nodes-account-role",
		Why: "nodes leave with their rights",
	},
	{
		Before: []string{"nodes-general"}, After: "nat",
		Why: "nodes leave by the network",
	},
	{
		Before: []string{"cluster", "nodes-general"}, After: "subnetwork",
		Why: "a subnetwork with something in it does not go",
	},
	{
		Before: []string{"subnetwork"}, After: "network",
		Why: "a network with something in it does not go",
	},
}
