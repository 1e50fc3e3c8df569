package hardening

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
)

// etcdUser is the number of the user and of the group etcd on control-plane nodes; units/etcd.service makes them.
const etcdUser = 2379

// etcdCertificates is where the node has the copies of its certificates that etcd may read.
const etcdCertificates = "/etc/etcd/pki"

// etcdPatch renders kubeadm's patch of the etcd pod.
//
// It runs as a user of its own, who may do nothing but read its certificates and write its data (CIS 1.1.12, 1.1.19). It
// sees the copies of its certificates where kubeadm's flags look for them, and no longer the key of its authority.
//
// Its probes speak TLS with a client certificate, in place of kubeadm's, which need a plain-HTTP port. Liveness asks this
// member only, without a quorum: restarting the healthy members of a cluster that lost one would make it worse. Each question
// starts a program, so it is asked every half minute, and three times in vain are enough: 90 seconds, where kubeadm takes 80.
// Readiness is not asked: no service leads to etcd, and the API server's own health says whether etcd answers.
func etcdPatch() (string, error) {
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
	probe := func(period int, command []string) map[string]any {
		return map[string]any{
			// A strategic merge keeps what it is not told to drop, and a probe may have one handler only.
			"httpGet":        nil,
			"exec":           corev1.ExecAction{Command: command},
			"periodSeconds":  period,
			"timeoutSeconds": 15,
		}
	}
	liveness := probe(30, etcdctl("endpoint", "status"))
	liveness["failureThreshold"] = 3
	patch, err := json.MarshalIndent(map[string]any{
		"spec": map[string]any{
			"securityContext": map[string]any{"runAsUser": etcdUser, "runAsGroup": etcdUser, "runAsNonRoot": true},
			"volumes": []map[string]any{{
				"name":     "etcd-certs",
				"hostPath": map[string]any{"path": etcdCertificates, "type": corev1.HostPathDirectory},
			}},
			"containers": []map[string]any{{
				"name": "etcd",
				"securityContext": map[string]any{
					"allowPrivilegeEscalation": false,
					"readOnlyRootFilesystem":   true,
					"capabilities":             map[string]any{"drop": []string{"ALL"}},
				},
				"volumeMounts": []map[string]any{{
					"mountPath": "/etc/kubernetes/pki/etcd", "name": "etcd-certs", "readOnly": true,
				}},
				"livenessProbe":  liveness,
				"readinessProbe": nil,
				// As often in vain as kubeadm says, from how long its user lets a control plane take.
				"startupProbe": probe(10, etcdctl("endpoint", "health")),
			}},
		},
	}, "", "  ")
	return string(patch) + "\n", err
}
