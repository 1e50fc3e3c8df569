package admission_test

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/admission"
)

// A program of its own that protects a cluster it did not make.
func ExampleNewImagePolicy() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
			Kubeconfig: pulumi.String("~/.kube/config"),
		})
		if err != nil {
			return err
		}
		_, err = admission.NewImagePolicy(ctx, "images", &admission.ImagePolicyArgs{
			AllowedRegistries: []string{"registry.k8s.io", "ghcr.io/acme"},
		}, pulumi.Provider(cluster))
		return err
	})
}
