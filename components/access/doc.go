// Package access says who may do what: roles for the personas of a cluster (viewer, developer, operator, auditor,
// break-glass), each in a file of its own, and who holds them.
//
// ClusterAccess gives the personas that look after the whole cluster. NamespaceRole gives those that work in one
// namespace, makes a service account for its deployments, and takes the token off its default account, so that a pod that
// asks for no identity has none (CIS 5.1.5, 5.1.6).
//
// No role names a wildcard, and none but break-glass reads secrets beyond its namespace, reaches into running pods or
// through nodes, or hands out rights (CIS 5.1.1 to 5.1.13). docs/access.md has the whole table, tests/apiserver/access
// holds a real API server to it.
//
// Whoever may create pods in a namespace may use every secret and service account in it; that is how Kubernetes works. So
// the developer's role grants the secrets openly, and nothing that reaches beyond the namespace: no roles, no network
// policies, no quotas.
//
// Subjects are users, groups and service accounts as the API server authenticates them: OIDC groups, say. Beside those,
// every persona is held by a group of ours (Persona.Group, Persona.NamespaceGroup) that only short-lived client
// certificates name.
package access
