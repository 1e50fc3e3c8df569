// Command rampart-program is the Pulumi program of every stack. The Pulumi engine starts it.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/stacks/clouds"
)

func main() {
	pulumi.Run(stacks.Program(clouds.Makers()))
}
