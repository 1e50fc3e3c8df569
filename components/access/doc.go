// Package access gives somebody the rights to run workloads in one namespace, and no others: a Role that names every
// resource and verb, a RoleBinding, and a service account of its own.
//
// The namespace's default service account gets no token mounted, so that a pod that asks for no identity has none
// (CIS 5.1.5, 5.1.6).
//
// Whoever may create pods in a namespace may use every secret and service account in it; that is how Kubernetes works.
// So the role grants both openly, and nothing that reaches beyond the namespace: no roles, no network policies, no
// quotas.
package access
