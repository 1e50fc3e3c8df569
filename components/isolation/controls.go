package isolation

import "github.com/rampart-iac/rampart/baseline"

// Controls are the controls of the baseline that this package enforces.
func Controls() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-NET-003", // default deny
		"RMP-NET-004", // DNS only where it belongs
		"RMP-NET-005", // every namespace, from the moment that it exists
		"RMP-NET-006", // no metadata address
		"RMP-NET-007", // no kubelets, no etcd
		"RMP-NET-008", // tenants reach each other if both sides say so
		"RMP-NET-009", // nodes have policies
		baseline.EgressAnywhere,
	}
}
