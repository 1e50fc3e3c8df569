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
		"rampart:kind:EncryptionKey": {"base64", "otherBase64"},
	}
}

// withSecrets makes up for two things that infer, up to and including its version 1.6.0, does not do. It marks secret
// properties in what a read returns (pulumi-go-provider issue 582): without it, an imported cluster's kubeconfig would
// stand in the state in plain text. And it keeps secret inputs unknown that are unknown: after a check of infer's, they
// are secret and empty, as if the program had said so.
func withSecrets(provider p.Provider) p.Provider {
	secrets := secretProperties()
	wrapped := provider
	wrapped.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		resp, err := provider.Read(ctx, req)
		// A read that failed half-way returns a state as well, so an error is no reason not to mark.
		names := secrets[req.Urn.Type()]
		resp.Inputs = markSecret(resp.Inputs, names)
		resp.Properties = markSecret(resp.Properties, names)
		return resp, err
	}
	wrapped.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		resp, err := provider.Check(ctx, req)
		for name, value := range req.Inputs.All {
			if _, ok := resp.Inputs.GetOk(name); ok && value.HasComputed() {
				resp.Inputs = resp.Inputs.Set(name, value)
			}
		}
		resp.Inputs = markSecret(resp.Inputs, secrets[req.Urn.Type()])
		return resp, err
	}
	return wrapped
}

func markSecret(properties property.Map, names []string) property.Map {
	for _, name := range names {
		if value, ok := properties.GetOk(name); ok {
			properties = properties.Set(name, value.WithSecret(true))
		}
	}
	return properties
}
