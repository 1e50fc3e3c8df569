package providers

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
)

// Cluster is the contract that every provider fulfils and everything above it is written against.
type Cluster struct {
	// Name is the cluster's name, known at preview.
	Name string

	// Kubeconfig is a secret. Its text is stable from run to run while the cluster stands.
	Kubeconfig pulumi.StringOutput

	// KubeconfigFile is the path of a file on this machine in which the provider keeps it. Empty: there is none.
	KubeconfigFile string

	// Endpoint is the API server's URL and CACertificate the PEM bundle that its certificate is checked against.
	Endpoint      pulumi.StringOutput
	CACertificate pulumi.StringOutput

	// OIDCIssuer is the URL that service-account tokens are issued by.
	OIDCIssuer pulumi.StringOutput

	// Provider talks to this cluster. Components take it from their options: pulumi.Provider(cluster.Provider).
	Provider *kubernetes.Provider

	// Resource is the resource that the cluster lives and dies with: in-cluster resources are DeletedWith it.
	Resource pulumi.Resource

	// Ready holds what pods need before they can run, where the provider makes it: nodes, and the cloud's own add-ons. Empty
	// if nodes wait for a layer of ours (Facts.NeedsNetwork).
	Ready []pulumi.Resource

	// AwaitNodes registers what is there when all nodes are Ready, after the given resources: what installs the network that they
	// wait for. Nil: the nodes in Ready are it already.
	AwaitNodes func(ctx *pulumi.Context, after ...pulumi.Resource) (pulumi.Resource, error)

	// Facts are what components branch on.
	Facts baseline.Facts
}

// InCluster returns the options that every in-cluster resource or component takes: the cluster's Kubernetes provider,
// and an order in which they come after all the given resources.
func (c *Cluster) InCluster(after ...pulumi.Resource) []pulumi.ResourceOption {
	return []pulumi.ResourceOption{
		pulumi.Provider(c.Provider),
		pulumi.DeletedWith(c.Resource),
		pulumi.DependsOn(append([]pulumi.Resource{c.Resource}, after...)),
	}
}
