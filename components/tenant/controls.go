package tenant

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-DAT-010", // encrypted secrets
		"RMP-TEN-001", // namespace of its own
		"RMP-TEN-002", // isolated before anybody is let in
		"RMP-TEN-003", // quota
		"RMP-TEN-004", // limits
	}
}
