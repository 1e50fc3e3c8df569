package framework

import (
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// StepsUp are the rights that hand out rights, and everything at once. Some are on resources that exist in questions only, so
// that no list of what an API server serves has them.
func StepsUp() []authorizationv1.ResourceAttributes {
	return []authorizationv1.ResourceAttributes{
		{Verb: "*", Group: "*", Resource: "*"},
		{Verb: "escalate", Group: rbacv1.GroupName, Resource: "roles"},
		{Verb: "escalate", Group: rbacv1.GroupName, Resource: "clusterroles"},
		{Verb: "bind", Group: rbacv1.GroupName, Resource: "roles"},
		{Verb: "bind", Group: rbacv1.GroupName, Resource: "clusterroles"},
		{Verb: "impersonate", Resource: "users"},
		{Verb: "impersonate", Resource: "groups"},
		{Verb: "impersonate", Resource: "serviceaccounts"},
		{Verb: "approve", Group: "certificates.k8s.io", Resource: "signers"},
		{Verb: "sign", Group: "certificates.k8s.io", Resource: "signers"},
		{Verb: "attest", Group: "certificates.k8s.io", Resource: "signers"},
	}
}
