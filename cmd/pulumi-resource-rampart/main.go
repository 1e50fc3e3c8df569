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

// removeRemains is the first of two arguments with which the command line calls the plugin after a run that was killed;
// the second is a cluster's directory. Engines start plugins with an address instead.
const removeRemains = "remove-remains"

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-rampart: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 2 || args[0] != removeRemains {
		return plugin.Run(ctx, version)
	}
	name, err := plugin.RemoveRemains(ctx, args[1])
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, name)
	return nil
}
