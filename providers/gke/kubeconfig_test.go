package gke

import (
	"testing"

	"github.com/rampart-iac/rampart/providers/internal/mock"
)

// TestKubeconfigHoldsNoCredential: only the address and the authority are in it, and it is secret in the state.
func TestKubeconfigHoldsNoCredential(t *testing.T) {
	t.Parallel()
	made, _ := mustMake(t, asIs)
	text := mock.Kubeconfig(t, made)
	again, _ := mustMake(t, asIs)
	if mock.Kubeconfig(t, again) != text {
		t.Error("its text changes from run to run")
	}
}
