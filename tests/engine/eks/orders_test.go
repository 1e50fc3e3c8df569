package eks

import "github.com/rampart-iac/rampart/tests/framework/cloud/suite"

// orders are those that AWS punishes, some at once and some only when the cluster is destroyed.
var orders = []suite.Order{
	{
		Before: []string{"secrets-key"}, After: "cluster",
		Why: "a cluster gets its key when it is made, or never",
	},
	{
		Before: []string{"logs-cluster"}, After: "cluster",
		Why: "EKS would make a log group without our key, kept for ever",
	},
	{
		Before: []string{"cluster-role-AmazonEKSClusterPolicy", "cluster-role-secrets-key"}, After: "cluster",
		Why: "a control plane without its rights leaves interfaces behind that keep the network from going",
	},
	{
		Before: []string{"endpoint-sts", "endpoint-ecr-dkr", "endpoint-s3"}, After: "nodes-general",
		Why: "nodes without a way to AWS do not join",
	},
	{
		Before: []string{"addon-vpc-cni", "network-identity"}, After: "nodes-general",
		Why: "a node without a pod network does not become ready",
	},
	{
		Before: []string{"node-role-AmazonEKSWorkerNodePolicy"}, After: "nodes-general",
		Why: "a node without rights does not join",
	},
	{
		Before: []string{"nodes-general"}, After: "addon-coredns",
		Why: "EKS waits for add-ons to run, and without nodes for ever",
	},
	{
		Before: []string{"flow-logs-role-write"}, After: "flow-log",
		Why: "a flow log without rights writes nothing",
	},
}

// deletions are the orders that AWS punishes when a cluster goes.
var deletions = []suite.Order{
	{
		Before: []string{"nodes-general"}, After: "cluster",
		Why: "EKS deletes no cluster that has nodes",
	},
	{
		Before: []string{"cluster"}, After: "cluster-role-AmazonEKSClusterPolicy",
		Why: "a control plane without its rights leaves interfaces behind",
	},
	{
		Before: []string{"cluster"}, After: "secrets-key",
		Why: "a cluster without its key is broken",
	},
	{
		Before: []string{"cluster"}, After: "logs-cluster",
		Why: "EKS makes a log group anew, without our key, for what it still has to write",
	},
	{
		Before: []string{"nodes-general"}, After: "node-role-AmazonEKSWorkerNodePolicy",
		Why: "nodes leave with their rights",
	},
	{
		Before: []string{"nodes-general"}, After: "private-eu-central-1a-route-out",
		Why: "nodes leave by the network",
	},
	{
		Before: []string{"cluster", "nodes-general"}, After: "private-eu-central-1a",
		Why: "a subnet with something in it does not go",
	},
}
