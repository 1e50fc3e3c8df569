package plugin

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// PackageName is the Pulumi package that the resources belong to.
const PackageName = "rampart"

// moduleName is the middle part of the resources' type tokens.
const moduleName = "kind"

// Run serves the plugin to the engine until the engine ends it or goes away. Nothing but the handshake is ever written to
// standard output: the engine reads the port from there.
func Run(ctx context.Context, version string) error {
	ctx, stop := watchParent(ctx)
	defer stop()
	provider, err := newProvider(ctx, realEngines{}, realHost{})
	if err != nil {
		return err
	}
	return p.RunProvider(ctx, PackageName, version, provider)
}

// newProvider builds the provider on the given engines and host. When life ends, so does every operation.
func newProvider(life context.Context, engines engines, host host) (p.Provider, error) {
	provider, err := infer.NewProviderBuilder().
		WithDisplayName("Rampart").
		WithDescription("Hardened Kubernetes clusters, proven by attack: the resources behind a local kind cluster.").
		WithRepository("https://github.com/rampart-iac/rampart").
		WithLicense("Apache-2.0").
		WithResources(
			infer.Resource(&Cluster{engines: engines, host: host}),
			infer.Resource(&EncryptionKey{}),
			infer.Resource(&ReadyNodes{engines: engines}),
		).
		Build()
	if err != nil {
		return p.Provider{}, fmt.Errorf("building the provider: %w", err)
	}
	return withSecrets(withOperations(life, provider)), nil
}
