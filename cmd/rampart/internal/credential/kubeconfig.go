package credential

import (
	"errors"
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig is the administrator's kubeconfig with another credential in it. The namespace, if there is one, is the one
// that kubectl works in.
func Kubeconfig(admin []byte, name, namespace string, credential Credential) ([]byte, error) {
	before, err := clientcmd.Load(admin)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's kubeconfig: %w", err)
	}
	current, ok := before.Contexts[before.CurrentContext]
	if !ok || before.Clusters[current.Cluster] == nil {
		return nil, errors.New("the cluster's kubeconfig has no current context")
	}
	after := clientcmdapi.NewConfig()
	after.Clusters[current.Cluster] = before.Clusters[current.Cluster]
	after.AuthInfos[name] = &clientcmdapi.AuthInfo{
		ClientCertificateData: credential.Certificate, ClientKeyData: credential.Key,
	}
	after.Contexts[name] = &clientcmdapi.Context{Cluster: current.Cluster, AuthInfo: name, Namespace: namespace}
	after.CurrentContext = name
	content, err := clientcmd.Write(*after)
	if err != nil {
		return nil, fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return content, nil
}
