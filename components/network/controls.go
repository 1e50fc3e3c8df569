package network

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-NET-001", // network policies are enforced
		"RMP-NET-002", // pods wait for their policy
	}
}
