package frame

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Login is the command that asks a cloud for a token of whoever uses a kubeconfig.
type Login struct {
	Command string
	Args    []string

	// Install says how to get the command, where it is missing.
	Install string

	// ClusterInfo says that the command wants to be told which cluster it is for.
	ClusterInfo bool
}

// Kubeconfig holds no credential: whoever uses it is asked for a token by the cloud's own command. Its text changes only with
// the cluster's address and authority, which is PEM in base64. It is a secret all the same: it says where the cluster is.
func Kubeconfig(cluster string, by Login, endpoint, authority pulumi.StringInput) pulumi.StringOutput {
	text := pulumi.All(endpoint, authority).ApplyT(func(parts []any) (string, error) {
		return render(cluster, by, parts[0].(string), parts[1].(string))
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}

func render(cluster string, by Login, endpoint, authority string) (string, error) {
	type named = map[string]any
	exec := named{
		"apiVersion":      "client.authentication.k8s.io/v1",
		"command":         by.Command,
		"interactiveMode": "IfAvailable",
		"installHint":     by.Install,
	}
	if len(by.Args) > 0 {
		exec["args"] = by.Args
	}
	if by.ClusterInfo {
		exec["provideClusterInfo"] = true
	}
	text, err := json.MarshalIndent(named{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": cluster,
		"clusters": []named{{"name": cluster, "cluster": named{
			"server": endpoint, "certificate-authority-data": authority,
		}}},
		"contexts": []named{{"name": cluster, "context": named{"cluster": cluster, "user": cluster}}},
		"users":    []named{{"name": cluster, "user": named{"exec": exec}}},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(text), nil
}

// Decode reads what a cloud has written in base64.
func Decode(text string) (string, error) {
	content, err := base64.StdEncoding.DecodeString(text)
	return string(content), err
}
