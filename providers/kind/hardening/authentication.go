package hardening

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"sigs.k8s.io/yaml"
)

// anonymousPaths are what may be asked without a name (CIS 1.2.1): whether the API server lives, which the kubelet asks as
// nobody, and where a node that joins finds the cluster and its authority. kubeadm signs that with each token, so that
// the node need not trust it, and a role of its lets it be read only. --anonymous-auth=false would keep the API server
// from being probed and nodes from joining. Whatever these paths are, they cannot be changed without a restart.
var anonymousPaths = []string{"/livez", "/readyz", "/healthz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"}

// authenticationConfiguration renders who may speak to the API server without saying who they are. The API server takes
// this form from Kubernetes 1.34 on.
func authenticationConfiguration() (string, error) {
	anonymous := &apiserverv1.AnonymousAuthConfig{Enabled: true}
	for _, path := range anonymousPaths {
		anonymous.Conditions = append(anonymous.Conditions, apiserverv1.AnonymousAuthCondition{Path: path})
	}
	text, err := yaml.Marshal(apiserverv1.AuthenticationConfiguration{
		TypeMeta:  metav1.TypeMeta{APIVersion: apiserverv1.SchemeGroupVersion.String(), Kind: "AuthenticationConfiguration"},
		Anonymous: anonymous,
	})
	return string(text), err
}
