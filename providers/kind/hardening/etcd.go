package hardening

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
)

// etcdProbePatch renders kubeadm's patch of the etcd pod: probes that speak TLS with a client certificate, in place of
// kubeadm's, which need a plain-HTTP port. Liveness asks this member only, without a quorum: restarting the healthy
// members of a cluster that lost one would make it worse.
func etcdProbePatch() (string, error) {
	etcdctl := func(command ...string) []string {
		return append([]string{
			"etcdctl",
			"--endpoints=https://127.0.0.1:2379",
			"--cacert=/etc/kubernetes/pki/etcd/ca.crt",
			"--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt",
			"--key=/etc/kubernetes/pki/etcd/healthcheck-client.key",
			"--command-timeout=10s",
		}, command...)
	}
	probe := func(command []string) map[string]any {
		return map[string]any{
			// A strategic merge keeps what it is not told to drop, and a probe may have one handler only.
			"httpGet":        nil,
			"exec":           corev1.ExecAction{Command: command},
			"timeoutSeconds": 15,
		}
	}
	patch, err := json.MarshalIndent(map[string]any{
		"spec": map[string]any{
			"containers": []map[string]any{{
				"name":           "etcd",
				"livenessProbe":  probe(etcdctl("endpoint", "status")),
				"readinessProbe": probe(etcdctl("endpoint", "health")),
				"startupProbe":   probe(etcdctl("endpoint", "health")),
			}},
		},
	}, "", "  ")
	return string(patch) + "\n", err
}
