package gke

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// kubeconfig holds no credential: whoever uses it is asked for a token of Google by GKE's own plugin. Its text changes only
// with the cluster's address and authority. It is a secret all the same: it says where the cluster is.
func (m *maker) kubeconfig(endpoint, authority pulumi.StringOutput) pulumi.StringOutput {
	text := pulumi.All(endpoint, authority).ApplyT(func(parts []any) (string, error) {
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
			"apiVersion":         "client.authentication.k8s.io/v1",
			"command":            "gke-gcloud-auth-plugin",
			"provideClusterInfo": true,
			"interactiveMode":    "IfAvailable",
			"installHint":        "install GKE's plugin: gcloud components install gke-gcloud-auth-plugin",
		}}}},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(text), nil
}

func decode(text string) (string, error) {
	content, err := base64.StdEncoding.DecodeString(text)
	return string(content), err
}

// fingerprint of a cluster's authority.
func fingerprint(authority string) string {
	sum := sha256.Sum256([]byte(authority))
	return hex.EncodeToString(sum[:])
}
