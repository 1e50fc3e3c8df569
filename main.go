// Command rampart-program is the Pulumi program of every stack. The Pulumi engine starts it, or "rampart plan" without one.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/plan/record"
	"github.com/rampart-iac/rampart/stacks"
	"github.com/rampart-iac/rampart/stacks/clouds"
)

func main() {
	program := stacks.Wanted(clouds.Makers(), clouds.StateMakers())
	if !record.Wanted() {
		pulumi.Run(program)
		return
	}
	if err := record.Write(program, stacks.Project); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
