package plugin

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// secretProperties names, by type token, the properties that are secret in every state. A test holds it to the schema.
func secretProperties() map[tokens.Type][]string {
	return map[tokens.Type][]string{
		"rampart:kind:Cluster":       {"kubeconfig", "controlPlaneFiles"},
		"rampart:kind:EncryptionKey": {"base64"},
	}
}

// withSecretReads marks secret properties as such in what a read returns. infer does so for check, create and update
// only, up to and including its version 1.6.0 (pulumi-go-provider issue 582): without this, an imported cluster's
// kubeconfig would stand in the state in plain text.
func withSecretReads(provider p.Provider) p.Provider {
	secrets := secretProperties()
	mark := func(properties property.Map, names []string) property.Map {
		for _, name := range names {
			if value, ok := properties.GetOk(name); ok {
				properties = properties.Set(name, value.WithSecret(true))
			}
		}
		return properties
	}
	wrapped := provider
	wrapped.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		resp, err := provider.Read(ctx, req)
		// A read that failed half-way returns a state as well, so an error is no reason not to mark.
		names := secrets[req.Urn.Type()]
		resp.Inputs = mark(resp.Inputs, names)
		resp.Properties = mark(resp.Properties, names)
		return resp, err
	}
	return wrapped
}
