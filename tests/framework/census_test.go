package framework

import "testing"

func TestCensusKnowsWhoseThingsAre(t *testing.T) {
	t.Parallel()
	product := &Product{Cluster: "e2e-storm-1a2b"}
	for line, ofOthers := range map[string]bool{
		"podman container e2e-0f3c-control-plane":                           true,
		"podman container e2e-0f3c-prune":                                   true,
		"podman network rampart-e2e-vanilla-beef":                           true,
		"name server's file /run/networks/aardvark-dns/rampart-e2e-0f3c":    true,
		"podman container e2e-storm-1a2b-worker":                            false,
		"podman network rampart-e2e-storm-1a2b":                             false,
		"podman volume 9c1d map[e2e-0f3c-worker:true]":                      true,
		"podman volume 9c1d map[e2e-storm-1a2b-worker:true]":                false,
		"process conmon --exit-dir /run/exits -n e2e-storm-1a2b-worker7":    false,
		"file /tmp/rampart-e2e-1118188024/home/clusters/e2e-storm-1a2b/key": false,
		// What is nobody's is everybody's: it must not stay.
		"podman container e2e-storm-control-plane": false,
		"podman network kind":                      false,
		"podman volume 9c1d map[]":                 false,
	} {
		if got := product.isOfOthers(line); got != ofOthers {
			t.Errorf("%q is of others: %t, want %t", line, got, ofOthers)
		}
	}
}
