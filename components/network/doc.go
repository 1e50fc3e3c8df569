// Package network installs Calico as the pod network and the enforcer of network policy: the VXLAN data plane, the
// Kubernetes datastore, no operator and no webhook (docs/decisions/0003-calico.md).
//
// It is for clusters whose facts say NeedsNetwork. It takes the Kubernetes provider from its options and knows nothing
// of how the cluster was made.
//
// A pod's container never starts before the policies that select it are programmed on its node: the CNI plugin waits
// for Felix, and longer than the kubelet waits for the CNI plugin (see policySetupTimeoutSeconds).
package network
