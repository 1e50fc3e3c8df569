package network

import (
	"encoding/json"
	"fmt"
)

// policySetupTimeoutSeconds is how long the CNI plugin waits for Felix to say that a new pod's policy is programmed.
//
// After that time the plugin gives up and *lets the pod start*. The kubelet waits four minutes for a pod's sandbox and
// then kills the plugin and tries again, so that a longer time here means: the pod starts with its policy, or not at
// all.
const policySetupTimeoutSeconds = 600

// statusDirectory is where Felix writes, and the CNI plugin reads, which pods' policies are programmed. Felix gets it
// without the last element.
const (
	runDirectory    = "/var/run/calico"
	statusDirectory = runDirectory + "/endpoint-status"
)

// cniConfig is the CNI network configuration that the installer puts on each node. The texts in capitals between
// underscores are filled in by the installer.
type cniConfig struct {
	Name       string `json:"name"`
	CNIVersion string `json:"cniVersion"`
	Plugins    []any  `json:"plugins"`
}

// calicoPlugin has the fields of Calico's CNI plugin that we set.
type calicoPlugin struct {
	Type                      string           `json:"type"`
	LogLevel                  string           `json:"log_level"`
	LogFilePath               string           `json:"log_file_path"`
	DatastoreType             string           `json:"datastore_type"`
	Nodename                  string           `json:"nodename"`
	MTU                       int              `json:"mtu"`
	IPAM                      pluginType       `json:"ipam"`
	Policy                    pluginType       `json:"policy"`
	Kubernetes                kubernetesAccess `json:"kubernetes"`
	PolicySetupTimeoutSeconds int              `json:"policy_setup_timeout_seconds"`
	EndpointStatusDir         string           `json:"endpoint_status_dir"`
}

type pluginType struct {
	Type string `json:"type"`
}

// kubernetesAccess is how the plugin reaches the API server. The root counts, and not the kubeconfig's: the installer puts the
// service's address there in brackets as if it were one of IPv6, which Go 1.26 and later do not take, and calico-node writes a
// better one only when it runs.
type kubernetesAccess struct {
	Kubeconfig string `json:"kubeconfig"`
	APIRoot    string `json:"k8s_api_root"`
}

// portmapPlugin makes hostPort work; Pod Security keeps tenants from using it.
type portmapPlugin struct {
	Type         string          `json:"type"`
	SNAT         bool            `json:"snat"`
	Capabilities map[string]bool `json:"capabilities"`
}

func renderCNIConfig(mtu int) (string, error) {
	text, err := json.MarshalIndent(cniConfig{
		Name:       "k8s-pod-network",
		CNIVersion: "0.3.1",
		Plugins: []any{
			calicoPlugin{
				Type:          "calico",
				LogLevel:      "info",
				LogFilePath:   "/var/log/calico/cni/cni.log",
				DatastoreType: "kubernetes",
				Nodename:      "__KUBERNETES_NODE_NAME__",
				MTU:           mtu,
				IPAM:          pluginType{Type: "calico-ipam"},
				Policy:        pluginType{Type: "k8s"},
				Kubernetes: kubernetesAccess{
					Kubeconfig: "__KUBECONFIG_FILEPATH__",
					APIRoot:    "https://__KUBERNETES_SERVICE_HOST__:__KUBERNETES_SERVICE_PORT__",
				},
				PolicySetupTimeoutSeconds: policySetupTimeoutSeconds,
				EndpointStatusDir:         statusDirectory,
			},
			portmapPlugin{Type: "portmap", SNAT: true, Capabilities: map[string]bool{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("rendering the CNI configuration: %w", err)
	}
	return string(text), nil
}
