package isolation_test

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/isolation"
)

// A program of its own that isolates a namespace which stands already.
func ExampleNewNamespaceIsolation() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
			Kubeconfig: pulumi.String("~/.kube/config"),
		})
		if err != nil {
			return err
		}
		_, err = isolation.NewNamespaceIsolation(ctx, "payments", &isolation.NamespaceIsolationArgs{
			Namespace: "payments",
		}, pulumi.Provider(cluster))
		return err
	})
}
