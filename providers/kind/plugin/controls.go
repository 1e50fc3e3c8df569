package plugin

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-CPL-003", // API server on loopback
		"RMP-DAT-006", // files of mode 0600
		"RMP-DAT-009", // secret in the state
	}
}
