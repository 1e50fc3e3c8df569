// Package live stands in a running cluster: on its nodes, in its pods and on the line between them. What verifies a
// cluster and the project's own end-to-end tests both look with it.
//
// It knows Kubernetes and container engines, not how a cluster was made: a kubeconfig is enough to speak to the API
// server and to run pods. To stand on the nodes they must be containers of an engine on this machine.
package live
