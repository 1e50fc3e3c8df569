package aks

import "github.com/rampart-iac/rampart/tests/framework/cloud/suite"

// orders are those that Azure punishes, some at once and some only when the cluster is destroyed.
var orders = []suite.Order{
	{
		Before: []string{"secrets-key"}, After: "cluster",
		Why: "a cluster is told a version of its key when it is made",
	},
	{
		Before: []string{"cluster-role-secrets-key", "cluster-role-vault"}, After: "cluster",
		Why: "a control plane that may not use its key, or not be connected to the vault, does not start",
	},
	{
		Before: []string{"cluster-role-kubelet"}, After: "cluster",
		Why: "a control plane that may not give nodes their identity makes none",
	},
	{
		Before: []string{"cluster-role-nodes-subnet", "cluster-role-api-server-subnet"}, After: "cluster",
		Why: "a control plane that may not join a subnet has no address",
	},
	{
		Before: []string{"cluster-role-disks", "disks"}, After: "cluster",
		Why: "disks are encrypted from the first on",
	},
	{
		Before: []string{"disks-role-disks-key"}, After: "disks",
		Why: "a set that may not use its key encrypts nothing",
	},
	{
		Before: []string{"logs"}, After: "cluster-logs",
		Why: "logs need a place",
	},
	{
		Before: []string{"logs"}, After: "cluster",
		Why: "the workspace is there before what writes to it",
	},
	{
		Before: []string{"nat", "network"}, After: "cluster",
		Why: "nodes without a way out do not join",
	},
	{
		Before: []string{"cluster"}, After: "nodes-general",
		Why: "a pool belongs to a cluster",
	},
}

// deletions are the orders that Azure punishes when a cluster goes.
var deletions = []suite.Order{
	{
		Before: []string{"cluster-logs"}, After: "cluster",
		Why: "a diagnostic setting outlives what it watches, and watches the next of its name",
	},
	{
		Before: []string{"cluster"}, After: "cluster-role-api-server-subnet",
		Why: "a control plane without its rights leaves interfaces behind",
	},
	{
		Before: []string{"cluster"}, After: "secrets-key",
		Why: "a cluster without its key is broken",
	},
	{
		Before: []string{"cluster"}, After: "network",
		Why: "a subnet with something in it does not go",
	},
	{
		Before: []string{"cluster", "disks", "network", "logs", "vault"}, After: "group",
		Why: "a resource group takes everything along",
	},
}
