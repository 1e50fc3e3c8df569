package gke

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/providers/internal/frame"
)

// kubeconfig has whoever uses it asked for a token of Google by GKE's own plugin.
func (m *maker) kubeconfig(endpoint, authority pulumi.StringInput) pulumi.StringOutput {
	return frame.Kubeconfig(m.args.Name, frame.Login{
		Command:     "gke-gcloud-auth-plugin",
		Install:     "install GKE's plugin: gcloud components install gke-gcloud-auth-plugin",
		ClusterInfo: true,
	}, endpoint, authority)
}

// fingerprint of a cluster's authority.
func fingerprint(authority string) string {
	sum := sha256.Sum256([]byte(authority))
	return hex.EncodeToString(sum[:])
}
