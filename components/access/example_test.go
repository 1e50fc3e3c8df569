package access_test

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/access"
)

// A program of its own that lets a group of people into a namespace which stands already.
func ExampleNewNamespaceRole() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
			Kubeconfig: pulumi.String("~/.kube/config"),
		})
		if err != nil {
			return err
		}
		_, err = access.NewNamespaceRole(ctx, "payments", &access.NamespaceRoleArgs{
			Namespace:  "payments",
			Developers: []access.Subject{{Kind: access.GroupSubject, Name: "payments-developers"}},
		}, pulumi.Provider(cluster))
		return err
	})
}
