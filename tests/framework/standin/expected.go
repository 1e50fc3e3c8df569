package standin

import (
	"slices"

	"github.com/rampart-iac/rampart/baseline"
)

// everywhere are the controls that the layers of every stack in a cloud bring with them, and that are attacked in its cluster.
func everywhere() []baseline.ControlID {
	return []baseline.ControlID{
		"RMP-ACC-001", "RMP-ACC-002", "RMP-ACC-003", "RMP-ACC-004", "RMP-ACC-005", "RMP-ACC-006", "RMP-ACC-007",
		"RMP-ADM-003", "RMP-ADM-004", "RMP-ADM-005", "RMP-ADM-006", "RMP-ADM-007", "RMP-ADM-008", "RMP-ADM-009", "RMP-ADM-010",
		"RMP-ADM-011", "RMP-IMG-001", "RMP-IMG-002", "RMP-IMG-003", "RMP-NET-010", "RMP-TEN-001", "RMP-TEN-003", "RMP-TEN-004",
	}
}

// Proven are the controls of the stacks of a cloud that must be seen to hold in the stand-in's cluster.
func Proven(provider baseline.Provider) []baseline.ControlID {
	if provider == baseline.ProviderGKE {
		return everywhere()
	}
	// The layers bring Calico, or are given it, and what holds the network of all namespaces. Their Kubernetes is one that has
	// policies which change objects, for safe defaults.
	return slices.Concat(everywhere(), []baseline.ControlID{
		"RMP-ADM-012", "RMP-NET-001", "RMP-NET-003", "RMP-NET-005", "RMP-NET-008",
	})
}

// Failed are those that the cloud would enforce, and that the stand-in does not: they must be seen to be missing.
func Failed(provider baseline.Provider) []baseline.ControlID {
	if provider == baseline.ProviderGKE {
		return []baseline.ControlID{"RMP-NET-001", "RMP-NET-003"} // its own network
	}
	return []baseline.ControlID{"RMP-CPL-006"} // its own API server
}
