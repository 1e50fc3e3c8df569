package aks

import (
	"encoding/base64"
	"errors"
	"fmt"

	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"

	"github.com/rampart-iac/rampart/providers/internal/frame"
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
	endpoint, authority := where.Index(pulumi.Int(0)), where.Index(pulumi.Int(1))
	return access{
		// Whoever uses it is asked for a token of Entra ID by kubelogin, as the login of the Azure command line.
		kubeconfig: frame.Kubeconfig(m.args.Name, frame.Login{
			Command: "kubelogin",
			Args:    []string{"get-token", "--login", "azurecli", "--server-id", serverID, "--tenant-id", m.args.Tenant},
			Install: "install kubelogin: https://azure.github.io/kubelogin",
		}, endpoint, authority),
		endpoint:  endpoint,
		authority: authority.ApplyT(frame.Decode).(pulumi.StringOutput),
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
