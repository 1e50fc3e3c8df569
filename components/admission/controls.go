package admission

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ADM-003", // fails closed, no webhook
		"RMP-ADM-004", // tokens that were asked for, and that end
		"RMP-ADM-005", // bounded resources
		"RMP-ADM-006", // probes where asked for
		"RMP-ADM-007", // no folders of the host
		"RMP-ADM-008", // no way into protected pods
		"RMP-ADM-009", // no external addresses, no wildcard hosts
		"RMP-ADM-010", // no roles that lead to all others
		"RMP-ADM-011", // our own objects
		"RMP-ADM-012", // safe defaults
		"RMP-IMG-001", // allowed registries
		"RMP-IMG-002", // no moving tags
		"RMP-IMG-003", // digests
	}
}
