// Command rampart makes, shows and removes the stacks of this repository: it finds or builds what a run needs, runs the
// Pulumi CLI on the program, and says what stands afterwards.
package main

import (
	"os"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
