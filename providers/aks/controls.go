package aks

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ACC-009", // Entra ID, local accounts off
		"RMP-AUD-003", // retention of the workspace
		"RMP-AUD-005", // diagnostic setting
		"RMP-CPL-020", // a private address
		"RMP-DAT-001", // key vault
		"RMP-DAT-009", // credentials secret in the state
		"RMP-NET-001", // policies enforced, by AKS's Calico
		"RMP-NOD-005", // seccomp of node pools
		"RMP-NOD-006", // processes of a pod
		"RMP-NOD-014", // disks encrypted
		"RMP-OPS-002", // drift
		"RMP-OPS-004", // known Kubernetes versions
	}
}
