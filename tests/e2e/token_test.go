package e2e

import "testing"

// A cluster that stands lets no further node in: what its nodes joined with is gone.
//
//nolint:paralleltest // a token is made as a control
func TestNoTokenForJoiningIsLeft(t *testing.T) {
	cluster.KnowsNoToken(t)
}
