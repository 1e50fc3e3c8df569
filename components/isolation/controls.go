package isolation

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-NET-003", // default deny
		"RMP-NET-004", // DNS only where it belongs
	}
}
