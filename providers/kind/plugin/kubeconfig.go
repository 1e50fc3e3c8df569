package plugin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"sigs.k8s.io/yaml"
)

// access is what a kubeconfig says of a cluster.
type access struct {
	endpoint      string
	caCertificate string
}

// parseKubeconfig reads the one cluster of a kubeconfig of kind's.
func parseKubeconfig(text string) (access, error) {
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server string `json:"server"`
				CAData string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		// The parser's error could quote the text, and with it a key.
		return access{}, errors.New("the cluster's kubeconfig is not YAML")
	}
	if len(config.Clusters) != 1 {
		return access{}, fmt.Errorf("the cluster's kubeconfig names %d clusters instead of one", len(config.Clusters))
	}
	ca, err := base64.StdEncoding.DecodeString(config.Clusters[0].Cluster.CAData)
	if err != nil || len(ca) == 0 {
		return access{}, errors.New("the cluster's kubeconfig holds no certificate authority")
	}
	return access{endpoint: config.Clusters[0].Cluster.Server, caCertificate: string(ca)}, nil
}

// clusterID identifies one life of one cluster by its certificate authority, which is made anew with each.
func clusterID(name, caCertificate string) string {
	sum := sha256.Sum256([]byte(caCertificate))
	return name + "-" + hex.EncodeToString(sum[:])[:16]
}
