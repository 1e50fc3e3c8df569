package eks

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// kubeconfig holds no credential: whoever uses it is asked for a token of AWS by the aws command line. Its text changes
// only with the cluster's address and authority. It is a secret all the same: it says where the cluster is.
func (m *maker) kubeconfig(control *eks.Cluster) pulumi.StringOutput {
	text := pulumi.All(control.Endpoint, control.CertificateAuthority.Data().Elem()).ApplyT(func(parts []any) (string, error) {
		return m.renderKubeconfig(parts[0].(string), parts[1].(string))
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}

func (m *maker) renderKubeconfig(endpoint, authority string) (string, error) {
	type named = map[string]any
	name := m.args.Name
	text, err := json.MarshalIndent(named{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": name,
		"clusters": []named{{"name": name, "cluster": named{
			"server": endpoint, "certificate-authority-data": authority,
		}}},
		"contexts": []named{{"name": name, "context": named{"cluster": name, "user": name}}},
		"users": []named{{"name": name, "user": named{"exec": named{
			"apiVersion":      "client.authentication.k8s.io/v1",
			"command":         "aws",
			"args":            []string{"eks", "get-token", "--region", m.args.Region, "--cluster-name", name, "--output", "json"},
			"interactiveMode": "IfAvailable",
			"installHint":     "install the command line of AWS: https://docs.aws.amazon.com/cli",
		}}}},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(text), nil
}
