// Command pulumi-resource-kubernetes is the Kubernetes plugin of Pulumi. The plugin's own main package embeds two files that its
// release process generates and its Go module lacks; this one embeds the files that they are generated from, which the builder lays over
// this folder out of the module (see the recipe's "overlay").
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
