package isolation_test

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
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

// A program of its own that holds a whole cluster, in which two teams have namespaces.
func ExampleNewClusterIsolation() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cluster, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
			Kubeconfig: pulumi.String("~/.kube/config"),
		})
		if err != nil {
			return err
		}
		_, err = isolation.NewClusterIsolation(ctx, "walls", &isolation.ClusterIsolationArgs{
			ExemptNamespaces: []string{"kube-system"},
			Tenants: []isolation.TenantRules{
				{Namespace: "web", Allow: []isolation.Rule{isolation.AllowTo("ledger", isolation.TCP(8443))}},
				{Namespace: "ledger", Allow: []isolation.Rule{isolation.AllowFrom("web", isolation.TCP(8443))}},
			},
			Surroundings: isolation.Surroundings{
				Enforcer: baseline.PolicyEnforcerCalico,
				Tenants:  map[string]string{"web": "web", "ledger": "ledger"},
			},
		}, pulumi.Provider(cluster))
		return err
	})
}
