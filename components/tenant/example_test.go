package tenant_test

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/tenant"
)

// A program of its own that gives a team a place in a cluster it did not make.
func ExampleNewTenant() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
			Kubeconfig: pulumi.String("~/.kube/config"),
		})
		if err != nil {
			return err
		}
		_, err = tenant.NewTenant(ctx, "payments", &tenant.TenantArgs{
			Name:              "payments",
			KubernetesVersion: "v1.37.0",
			Developers:        []access.Subject{{Kind: access.GroupSubject, Name: "payments-developers"}},
		}, pulumi.Provider(cluster))
		return err
	})
}
