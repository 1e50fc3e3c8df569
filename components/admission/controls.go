package admission

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ADM-003", // fails closed, no webhook
		"RMP-IMG-001", // allowed registries
		"RMP-IMG-002", // no moving tags
	}
}
