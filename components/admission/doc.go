// Package admission is what the API server decides by itself about the objects that it is asked to store:
// ValidatingAdmissionPolicies and one MutatingAdmissionPolicy. There is no webhook that could be down, be bypassed or stop
// the cluster from starting, so that all of them fail closed. They stand beside Pod Security, not in its place.
//
//   - ImagePolicy: images from allowed registries, that cannot change without notice.
//   - WorkloadPolicy: bounds on resources, tokens that were asked for, volumes, probes.
//   - TokenPolicy: no tokens that never end, none that are good for long or for others.
//   - PodAccessPolicy: no way into running pods of protected namespaces.
//   - ExposurePolicy: services and ingresses that open the cluster to the outside.
//   - GrantPolicy: roles and bindings that lead to all other rights.
//   - OwnershipPolicy: what Rampart made is the deployer's to change.
//   - SafeDefaults: what a pod leaves out is filled in with what restricts it.
//
// Each is a component of its own, with one policy and one binding, and options to relax it; the zero value of its
// arguments is the strictest. What has a pod is held as a whole: pods, ephemeral containers, and every built-in workload
// that has a pod template. On an update only what it brings in is held, so that what stood before a policy did can still
// be labelled, scaled and deleted.
//
// The expressions stand in cel/, a folder for each policy, and testdata/ has what they must allow and must deny. The unit
// tests run those through the API server's own plugin, tests/apiserver through a real API server.
package admission
