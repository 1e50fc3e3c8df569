package hardening

import (
	"fmt"
	"path"

	"sigs.k8s.io/yaml"
)

// KubeadmPatches returns the kind merge patches for every node.
//
// They carry no apiVersion and give extraArgs as a map: kind then merges them into kubeadm's v1beta3 (Kubernetes below
// 1.36) and v1beta4 (from 1.36 on, where extraArgs is a list) alike and keeps its own flags. Lists are replaced, not
// merged, so that all volumes of the API server stand in one patch.
func KubeadmPatches(settings Settings) ([]string, error) {
	floor, err := tlsFloorFor(settings.TLSFloor)
	if err != nil {
		return nil, err
	}
	documents := []map[string]any{
		clusterConfiguration(floor),
		initConfiguration(),
		kubeletConfiguration(floor),
		kubeProxyConfiguration(),
	}
	patches := make([]string, 0, len(documents))
	for _, document := range documents {
		text, err := yaml.Marshal(document)
		if err != nil {
			return nil, fmt.Errorf("rendering the kubeadm patch of %v: %w", document["kind"], err)
		}
		patches = append(patches, string(text))
	}
	return patches, nil
}

func clusterConfiguration(floor tlsFloor) map[string]any {
	apiServer := map[string]string{
		"admission-control-config-file": nodePath(fileAdmission),
		"audit-log-path":                AuditLogPath,
		"audit-policy-file":             nodePath(fileAuditPolicy),
		"audit-log-maxage":              "30",  // days, CIS 1.2.17
		"audit-log-maxbackup":           "10",  // files, CIS 1.2.18
		"audit-log-maxsize":             "100", // MiB, CIS 1.2.19
		"encryption-provider-config":    nodePath(fileEncryption),
		// A rotated key is taken up without a restart.
		"encryption-provider-config-automatic-reload": "true",
		"profiling": "false", // CIS 1.2.15
		// A stolen token ends when it says, not a year later (CIS 1.2.30).
		"service-account-extend-token-expiration": "false",
	}
	floor.addTo(apiServer, floor.kubernetes, "tls-cipher-suites")

	controllerManager := map[string]string{"profiling": "false"} // CIS 1.3.2
	floor.addTo(controllerManager, floor.kubernetes, "tls-cipher-suites")

	scheduler := map[string]string{"profiling": "false"} // CIS 1.4.1
	floor.addTo(scheduler, floor.kubernetes, "tls-cipher-suites")

	// kubeadm opens a port for metrics and probes without TLS; the probes of etcdProbePatch do not need it.
	etcd := map[string]string{"listen-metrics-urls": ""}
	floor.addTo(etcd, floor.etcd, "cipher-suites")

	return map[string]any{
		"kind": "ClusterConfiguration",
		"apiServer": map[string]any{
			"extraArgs": apiServer,
			"extraVolumes": []map[string]any{
				{
					"name": "rampart", "hostPath": nodeDir, "mountPath": nodeDir,
					"readOnly": true, "pathType": "Directory",
				},
				{
					"name": "audit-log", "hostPath": path.Dir(AuditLogPath), "mountPath": path.Dir(AuditLogPath),
					"readOnly": false, "pathType": "DirectoryOrCreate",
				},
			},
		},
		"controllerManager": map[string]any{"extraArgs": controllerManager},
		"scheduler":         map[string]any{"extraArgs": scheduler},
		"etcd":              map[string]any{"local": map[string]any{"extraArgs": etcd}},
	}
}

func initConfiguration() map[string]any {
	return map[string]any{
		"kind":    "InitConfiguration",
		"patches": map[string]any{"directory": nodePath("patches")},
	}
}

// kubeletConfiguration reaches every node: workers join with the configuration that the first node stored.
func kubeletConfiguration(floor tlsFloor) map[string]any {
	config := map[string]any{
		"kind":                           "KubeletConfiguration",
		"readOnlyPort":                   0,    // CIS 4.2.4
		"rotateCertificates":             true, // CIS 4.2.10
		"seccompDefault":                 true, // CIS 4.2.14
		"podPidsLimit":                   4096, // CIS 4.2.13
		"streamingConnectionIdleTimeout": "5m", // CIS 4.2.5
		"tlsMinVersion":                  floor.kubernetes,
	}
	if len(floor.suites) > 0 {
		config["tlsCipherSuites"] = floor.suites
	}
	return config
}

// kubeProxyConfiguration keeps kube-proxy's two plain-HTTP ports off every address but loopback (CIS 4.3.1).
func kubeProxyConfiguration() map[string]any {
	return map[string]any{
		"kind":               "KubeProxyConfiguration",
		"healthzBindAddress": "127.0.0.1:10256",
		"metricsBindAddress": "127.0.0.1:10249",
	}
}
