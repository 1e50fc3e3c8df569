package eks

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ACC-009", // people come by IAM
		"RMP-ACC-010", // nobody is an administrator in secret
		"RMP-AUD-003", // logs are kept
		"RMP-AUD-005", // and leave the cluster as they are written
		"RMP-CPL-020", // a private address
		"RMP-DAT-001", // Secrets encrypted
		"RMP-DAT-007", // with a key that is rotated
		"RMP-DAT-009", // credentials secret in the state
		"RMP-DAT-011", // keys with policies of their own
		"RMP-NET-011", // flow logs
		"RMP-NOD-005", // seccomp by default
		"RMP-NOD-006", // limit of processes
		"RMP-NOD-013", // nodes' credentials
		"RMP-NOD-014", // disks encrypted
		"RMP-OPS-002", // drift
		"RMP-OPS-004", // known versions
	}
}
