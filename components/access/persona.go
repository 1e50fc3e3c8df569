package access

import "strings"

// Persona is what somebody is to a cluster or to a namespace.
type Persona string

// The personas.
const (
	// Viewer looks at everything but secrets and logs, or, in a namespace, at everything but secrets.
	Viewer Persona = "viewer"
	// Developer runs workloads in a namespace.
	Developer Persona = "developer"
	// Operator keeps running what others have deployed: looks, reads logs, drains, scales and restarts.
	Operator Persona = "operator"
	// Auditor reads who may do what and what is enforced, and nothing that workloads say.
	Auditor Persona = "auditor"
	// BreakGlass is for emergencies: far-reaching, for hours, with a reason.
	BreakGlass Persona = "break-glass"
)

// ClusterPersonas are those that ClusterAccess knows, BreakGlass included.
func ClusterPersonas() []Persona { return []Persona{Viewer, Operator, Auditor, BreakGlass} }

// NamespacePersonas are those that NamespaceRole knows.
func NamespacePersonas() []Persona { return []Persona{Viewer, Developer, Operator} }

// reservedPrefix starts the names of groups and users that only certificates of ours give, and of our cluster roles. No
// subject of a configuration may begin with it: what a certificate carries must not have rights from elsewhere.
const reservedPrefix = "rampart:"

// Group is the group that holds a persona for the whole cluster.
func (p Persona) Group() string { return reservedPrefix + string(p) }

// NamespaceGroup is the group that holds a persona in one namespace.
func (p Persona) NamespaceGroup(namespace string) string {
	return reservedPrefix + namespace + ":" + string(p)
}

// CertificateUser is the name that somebody has in certificates of ours: it is in the audit log, and no binding names it.
func CertificateUser(name string) string { return reservedPrefix + name }

// roleName is the name of a persona's ClusterRole and of its binding.
func (p Persona) roleName() string { return reservedPrefix + string(p) }

// clusterRules are all that the persona may do in the whole cluster.
func (p Persona) clusterRules() []Rule {
	switch p {
	case Viewer:
		return viewerClusterRules()
	case Operator:
		return operatorClusterRules()
	case Auditor:
		return auditorClusterRules()
	case BreakGlass:
		return breakGlassRules()
	default:
		return nil
	}
}

// namespaceRules are all that the persona may do in its namespace.
func (p Persona) namespaceRules() []Rule {
	switch p {
	case Viewer:
		return viewerNamespaceRules()
	case Developer:
		return developerRules()
	case Operator:
		return operatorNamespaceRules()
	default:
		return nil
	}
}

// ReasonAgainst says why a name cannot be that of a user or a group in a configuration, and what to do, or nothing.
func ReasonAgainst(name string) string {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return "is empty or has spaces around it: write the name as the API server knows it"
	case strings.Contains(name, "*"):
		return "is a wildcard: name each one"
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "has control characters: write the name as the API server knows it"
	case strings.HasPrefix(name, "system:"), strings.HasPrefix(name, "kubeadm:"):
		// system:authenticated, system:serviceaccounts and the like are everybody.
		return "is one of Kubernetes' own users or groups: choose another name"
	case strings.HasPrefix(name, reservedPrefix):
		return `is a name that only "rampart kubeconfig" gives: choose another name`
	default:
		return ""
	}
}
