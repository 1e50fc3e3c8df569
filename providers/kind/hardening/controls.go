package hardening

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-CPL-001", // TLS floor
		"RMP-CPL-002", // strong cipher suites
		"RMP-DAT-001", // encryption at rest
		"RMP-DAT-002", // no plain etcd port
		"RMP-NOD-002", // no read-only port
		"RMP-NOD-010", // kube-proxy on loopback
		"RMP-AUD-001", // audit log
		"RMP-AUD-002", // no secrets in it
		"RMP-AUD-003", // kept and rotated
		"RMP-AUD-004", // without noise
		"RMP-ADM-001", // Pod Security baseline
		"RMP-ADM-002", // Pod Security restricted
	}
}
