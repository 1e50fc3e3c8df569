// Package isolation shuts namespaces off from the rest of the cluster and of the world, and opens what is declared.
//
// NamespaceIsolation shuts one namespace off: nothing gets in, nothing gets out, except for cluster DNS, traffic inside the
// namespace, and what named rules allow: AllowFrom and AllowTo between tenants, AllowEgress out of the cluster,
// AllowAPIServer, and AllowRaw for the rest. It is plain NetworkPolicy objects, so that any enforcer of network policy will
// do; the fact PolicyEnforcer of package baseline says which one a cluster has. Policies add up: another one in the
// namespace can open more, none can close what these open.
//
// ClusterIsolation holds every namespace that is not exempt, those that nobody has made yet included, with policies of
// Calico that come before all others and after them: what nobody allows is denied, and what nobody may allow is denied
// before anybody is asked. docs/decisions/0016-cluster-wide-isolation.md has the order and the reasons.
//
// Kubelet probes keep working under either: enforcers let a node reach its own pods.
package isolation
