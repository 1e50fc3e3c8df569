// Package apiserver starts a real etcd and a real kube-apiserver on this machine's loopback, without nodes, controllers
// or a container engine: for tests of what the API server alone decides, which is admission and authorization.
//
// There is no controller manager: no default service accounts, no pods of a Deployment, no garbage collection, no
// aggregated ClusterRoles but those that the API server makes by itself. What needs those belongs to tests/e2e.
package apiserver
