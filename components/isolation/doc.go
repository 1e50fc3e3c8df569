// Package isolation shuts a namespace off from the rest of the cluster and of the world: nothing gets in, nothing gets
// out, except for cluster DNS and for traffic inside the namespace.
//
// It is three plain NetworkPolicy objects, so that any enforcer of network policy will do; the fact
// PolicyEnforcer of package baseline says which one a cluster has. Kubelet probes keep working: enforcers always let a
// node reach its own pods.
//
// Policies add up: another NetworkPolicy in the namespace can open more, none can close what these open.
package isolation
