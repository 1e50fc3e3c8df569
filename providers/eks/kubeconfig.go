package eks

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// kubeconfig has whoever uses it asked for a token of AWS by the aws command line.
func (m *maker) kubeconfig(control *eks.Cluster) pulumi.StringOutput {
	return frame.Kubeconfig(m.args.Name, frame.Login{
		Command: "aws",
		Args:    []string{"eks", "get-token", "--region", m.args.Region, "--cluster-name", m.args.Name, "--output", "json"},
		Install: "install the command line of AWS: https://docs.aws.amazon.com/cli",
	}, control.Endpoint, control.CertificateAuthority.Data().Elem())
}
