package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/road"
	"github.com/rampart-iac/rampart/components/network"
)

// version is the semantic version of the command line, stamped by the linker at release.
var version = "0.1.0"

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and those of the parts that it is tested with",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "rampart %s (%s, %s/%s)\nPulumi CLI %s, Kubernetes %s, Calico %s\n",
				version, runtime.Version(), runtime.GOOS, runtime.GOARCH,
				road.PulumiVersion, baseline.DefaultKubernetesVersion, network.Version)
			return err
		},
	}
}
