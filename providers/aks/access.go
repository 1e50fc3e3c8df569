package aks

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// serverID is the application in Entra ID that every API server of AKS is.
const serverID = "6dae42f8-4368-4678-94ff-3960e28e3630"

// access is how the cluster is reached.
type access struct {
	kubeconfig, endpoint, authority pulumi.StringOutput
}

// access asks AKS where the cluster answers, and by which authority it is known: no output of the cluster says so. What is taken
// from the answer are these two, and the kubeconfig is ours.
func (m *maker) access(control *containerservice.ManagedCluster) access {
	answer := containerservice.ListManagedClusterUserCredentialsOutput(m.ctx,
		containerservice.ListManagedClusterUserCredentialsOutputArgs{
			ResourceGroupName: m.group,
			ResourceName:      control.Name,
			Format:            pulumi.String("exec"),
		}, m.ask)
	where := answer.Kubeconfigs().ApplyT(readEndpoint).(pulumi.StringArrayOutput)
	kubeconfig := where.ApplyT(func(where []string) (string, error) {
		return m.renderKubeconfig(where[0], where[1])
	}).(pulumi.StringOutput)
	return access{
		kubeconfig: pulumi.ToSecret(kubeconfig).(pulumi.StringOutput),
		endpoint:   where.Index(pulumi.Int(0)),
		authority: where.Index(pulumi.Int(1)).ApplyT(func(text string) (string, error) {
			content, err := base64.StdEncoding.DecodeString(text)
			return string(content), err
		}).(pulumi.StringOutput),
	}
}

// readEndpoint finds the server and its authority, in base64, in what AKS has answered.
func readEndpoint(answer []containerservice.CredentialResultResponse) ([]string, error) {
	if len(answer) == 0 {
		return nil, errors.New("AKS has answered without a kubeconfig: is whoever runs this in the group of administrators?")
	}
	content, err := base64.StdEncoding.DecodeString(answer[0].Value)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of AKS: %w", err)
	}
	var parsed struct {
		Clusters []struct {
			Cluster struct {
				Server    string `json:"server"`
				Authority string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
	}
	if err := yaml.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of AKS: %w", err)
	}
	if len(parsed.Clusters) == 0 || parsed.Clusters[0].Cluster.Server == "" || parsed.Clusters[0].Cluster.Authority == "" {
		return nil, errors.New("the kubeconfig of AKS has no server, or no authority")
	}
	return []string{parsed.Clusters[0].Cluster.Server, parsed.Clusters[0].Cluster.Authority}, nil
}

// renderKubeconfig holds no credential: whoever uses it is asked for a token of Entra ID by kubelogin, as the login of the
// Azure command line. Its text changes only with the cluster's address and authority.
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
			"command":         "kubelogin",
			"args":            []string{"get-token", "--login", "azurecli", "--server-id", serverID, "--tenant-id", m.args.Tenant},
			"interactiveMode": "IfAvailable",
			"installHint":     "install kubelogin: https://azure.github.io/kubelogin",
		}}}},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(text), nil
}
