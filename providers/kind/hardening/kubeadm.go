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
	// Whether kubelets ask for credentials again before they run an image that others' credentials pulled. An older one
	// refuses a configuration that speaks of it.
	verified := settings.KubernetesVersion.Has("v1.35")
	documents := []map[string]any{
		clusterConfiguration(floor),
		initConfiguration(),
		kubeletConfiguration(floor, verified),
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
		"authentication-config":         nodePath(fileAuthentication), // CIS 1.2.1
		"enable-admission-plugins":      admissionPlugins,
		"audit-log-path":                AuditLogPath,
		"audit-policy-file":             nodePath(fileAuditPolicy),
		"audit-log-maxage":              "30",  // days, CIS 1.2.17
		"audit-log-maxbackup":           "10",  // files, CIS 1.2.18
		"audit-log-maxsize":             "100", // MiB, CIS 1.2.19
		"encryption-provider-config":    nodePath(fileEncryption),
		// The kubelets' serving certificates are signed by the cluster's authority, see units/approver.service (CIS 1.2.5).
		"kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt",
		// A rotated key is taken up without a restart.
		"encryption-provider-config-automatic-reload": "true",
		"profiling": "false", // CIS 1.2.15
		// A client that sends its request byte by byte is cut off; watches and logs are not (CIS 1.2.20).
		"request-timeout": "60s",
		// Watches end when the API server is told to. Without it, it waits for them as long as for a request, the kubelet kills it
		// after half of that, and whatever restarts it keeps clients waiting so much longer.
		"shutdown-watch-termination-grace-period": "5s",
		// A stolen token ends when it says, not a year later (CIS 1.2.30).
		"service-account-extend-token-expiration": "false",
	}
	floor.addTo(apiServer, floor.kubernetes, "tls-cipher-suites")

	controllerManager := map[string]string{
		"profiling": "false", // CIS 1.3.2
		// Ended pods that are kept, in the whole cluster; the default of 12500 is for thousands of nodes (CIS 1.3.1).
		"terminated-pod-gc-threshold": "1000",
		// Before its controllers start, it asks for an account for each: at the default of 20 requests a second that takes six
		// seconds, whenever it starts, and a node waits to join until one of them has signed what kubeadm looks for.
		"kube-api-qps": "100", "kube-api-burst": "200",
		// Its first question for the lease comes before the API server has its roles, is refused, and asked again after 1 to 2.2
		// times this (default: 2s). A node that comes to join before that asks again after five seconds.
		"leader-elect-retry-period": "1s",
	}
	floor.addTo(controllerManager, floor.kubernetes, "tls-cipher-suites")

	scheduler := map[string]string{"profiling": "false"} // CIS 1.4.1
	floor.addTo(scheduler, floor.kubernetes, "tls-cipher-suites")

	// kubeadm opens a port for metrics and probes without TLS; the probes of etcdPatch do not need it.
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
//
// Three of kind's own settings soften a node, because its disk is the host's. The thresholds at which pods are evicted are
// restored, as amounts instead of percentages: a laptop's disk may well be nine tenths full. Images are still not removed
// to gain room, since on the air-gapped road they could not be pulled again; and swap is the host's business.
// protectKernelDefaults is not set: the kernel is the host's, whose owner decides about its parameters.
func kubeletConfiguration(floor tlsFloor, verifiesPulledImages bool) map[string]any {
	config := map[string]any{
		"kind": "KubeletConfiguration",
		"evictionHard": map[string]string{
			"memory.available": "100Mi", "nodefs.available": "1Gi", "nodefs.inodesFree": "1%", "imagefs.available": "1Gi",
		},
		"eventRecordQPS":                 50,   // CIS 4.2.8
		"makeIPTablesUtilChains":         true, // CIS 4.2.6
		"readOnlyPort":                   0,    // CIS 4.2.4
		"rotateCertificates":             true, // CIS 4.2.10
		"seccompDefault":                 true, // CIS 4.2.14
		"podPidsLimit":                   4096, // CIS 4.2.13
		"serverTLSBootstrap":             true, // CIS 4.2.9
		"streamingConnectionIdleTimeout": "5m", // CIS 4.2.5
		"tlsMinVersion":                  floor.kubernetes,
	}
	if len(floor.suites) > 0 {
		config["tlsCipherSuites"] = floor.suites
	}
	if verifiesPulledImages {
		// docs/decisions/0015-pulled-images.md (CIS 1.2.11)
		config["imagePullCredentialsVerificationPolicy"] = "NeverVerifyPreloadedImages"
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
