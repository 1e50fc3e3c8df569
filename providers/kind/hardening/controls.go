package hardening

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-CPL-001", // TLS floor
		"RMP-CPL-002", // strong cipher suites
		"RMP-CPL-004", // profiling off
		"RMP-CPL-005", // tokens end
		"RMP-CPL-006", // anonymous requests
		"RMP-CPL-007", // no token file
		"RMP-CPL-008", // Node and RBAC
		"RMP-CPL-009", // kubelets known
		"RMP-CPL-010", // admission plugins
		"RMP-CPL-011", // event rate limit
		"RMP-CPL-012", // no external addresses
		"RMP-CPL-013", // service account keys
		"RMP-CPL-014", // certificates of the API server
		"RMP-CPL-015", // accounts of controllers
		"RMP-CPL-016", // on loopback
		"RMP-CPL-017", // ended pods
		"RMP-CPL-018", // manifests and kubeconfigs
		"RMP-CPL-019", // keys and certificates
		"RMP-DAT-001", // encryption at rest
		"RMP-DAT-002", // no plain etcd port
		"RMP-DAT-003", // clients of etcd
		"RMP-DAT-004", // peers of etcd
		"RMP-DAT-005", // etcd's own user
		"RMP-NOD-001", // the kubelet's clients
		"RMP-NOD-002", // no read-only port
		"RMP-NOD-003", // serving certificates
		"RMP-NOD-004", // client certificates
		"RMP-NOD-005", // seccomp
		"RMP-NOD-006", // processes of a pod
		"RMP-NOD-007", // idle streams
		"RMP-NOD-008", // packet filter, name, events
		"RMP-NOD-009", // the kubelet's files
		"RMP-NOD-011", // the pod network's configuration
		"RMP-NOD-010", // kube-proxy on loopback
		"RMP-AUD-001", // audit log
		"RMP-AUD-002", // no secrets in it
		"RMP-AUD-003", // kept and rotated
		"RMP-AUD-004", // without noise
		"RMP-ADM-001", // Pod Security baseline
		"RMP-ADM-002", // Pod Security restricted
		"RMP-ADM-013", // policies that protect policies
		"RMP-IMG-004", // pulled images
	}
}
