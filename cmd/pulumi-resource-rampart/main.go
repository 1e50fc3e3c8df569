// Command pulumi-resource-rampart is the Pulumi plugin behind Rampart's own resources. The Pulumi engine starts it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/rampart-iac/rampart/providers/kind/plugin"
)

// version is the plugin's semantic version, stamped by the linker at release.
var version = "0.1.0"

func main() {
	if err := plugin.Run(context.Background(), version); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-rampart: %v\n", err)
		os.Exit(1)
	}
}
