// Package admission refuses container images that the cluster's owner did not allow: one ValidatingAdmissionPolicy,
// which the API server evaluates by itself. There is no webhook that could be down, be bypassed or stop the cluster
// from starting, so that the policy can fail closed.
//
// It holds pods, ephemeral containers, image volumes, and every built-in workload that has a pod template. An image
// must be a well-formed reference, come from an allowed registry, and name a digest or a tag other than latest. On an
// update only the images that it brings in are held to that.
//
// The expressions stand in cel/, and testdata/ has what they must allow and must deny.
package admission
