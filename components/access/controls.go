package access

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ACC-001", // no wildcards
		"RMP-ACC-002", // least privilege
		"RMP-ACC-003", // default account without token
		"RMP-ACC-004", // accounts without mounted token
		"RMP-ACC-005", // a role for each persona
		"RMP-ACC-006", // nobody steps up but break-glass
		"RMP-ACC-007", // break-glass ends
		"RMP-ACC-008", // kubeconfigs for hours
	}
}
