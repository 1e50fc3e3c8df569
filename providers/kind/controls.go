package kind

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-DAT-007", // key rotation (package rotation)
		"RMP-DAT-008", // snapshots: rampart snapshot
		"RMP-IMG-005", // node image by digest
		"RMP-OPS-001", // upgrades in place
		"RMP-OPS-002", // drift: rampart drift, up --refresh
		"RMP-OPS-003", // certificates: rampart certificates
		"RMP-OPS-004", // known Kubernetes versions
	}
}
