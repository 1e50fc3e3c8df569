package network_test

import (
	"os"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/network"
)

// A program of its own that gives a pod network to a cluster it did not make.
func ExampleNewCalico() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
			Kubeconfig: pulumi.String("~/.kube/config"),
		})
		if err != nil {
			return err
		}
		calico, err := network.NewCalico(ctx, "network", &network.CalicoArgs{
			CRDs:    os.DirFS("calico-crds"), // holds the file of network.CRDsURL
			PodCIDR: "10.244.0.0/16",
		}, pulumi.Provider(cluster))
		if err != nil {
			return err
		}
		// What starts pods comes after the network.
		_ = pulumi.DependsOn(calico.Ready)
		return nil
	})
}
