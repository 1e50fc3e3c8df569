package aks

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ACC-009", // Entra ID, local accounts off
		"RMP-AUD-003", // retention of the workspace
		"RMP-AUD-005", // diagnostic setting
		"RMP-DAT-001", // key vault
		"RMP-NOD-005", // seccomp of node pools
		"RMP-NOD-006", // processes of a pod
		"RMP-OPS-004", // known Kubernetes versions
	}
}
