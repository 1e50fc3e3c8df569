package access

import (
	"fmt"
	"time"
)

// LongestBreakGlass is how far ahead a grant may end: an emergency that lasts longer is a reason for a new grant.
const LongestBreakGlass = 7 * 24 * time.Hour

// BreakGlassGrant opens the break-glass role until a moment.
//
// RBAC knows no expiry: a binding lasts until somebody removes it. So the grant names no users and no groups of an
// identity provider, whose members would keep the right. It is held by certificates alone (Persona.Group), which end by
// themselves when the grant does; past its expiry the preview fails until the grant is taken out.
type BreakGlassGrant struct {
	// Reason, a sentence: why now. Required.
	Reason string
	// Owner answers for what is done: a person or a team. Required.
	Owner string
	// Expires is when the grant ends: in the future, at most LongestBreakGlass from now. Required.
	Expires time.Time
}

// Over says whether a grant has ended at some moment.
func (g BreakGlassGrant) Over(now time.Time) bool {
	return !g.Expires.IsZero() && !g.Expires.After(now)
}

// Check calls report with the field, the value and the rule of each thing that is wrong with a grant at some moment.
func (g BreakGlassGrant) Check(now time.Time, report func(field string, value any, rule string)) {
	if g.Reason == "" {
		report("reason", g.Reason, "is empty: say in a sentence why the glass has to be broken")
	}
	if g.Owner == "" {
		report("owner", g.Owner, "is empty: name who answers for it")
	}
	expires := g.Expires.UTC().Format(time.RFC3339)
	switch {
	case g.Expires.IsZero():
		report("expires", "", "is empty: say when the grant ends, such as "+now.Add(time.Hour).UTC().Format(time.RFC3339))
	case g.Over(now):
		report("expires", expires, "is over: take the grant out, or give a new one with a new reason")
	case g.Expires.After(now.Add(LongestBreakGlass)):
		report("expires", expires, fmt.Sprintf("is more than %d days ahead: choose a moment before %s",
			int(LongestBreakGlass.Hours()/24), now.Add(LongestBreakGlass).UTC().Format(time.RFC3339)))
	}
}

// breakGlassRules reach everywhere, and are named one by one all the same, so that what is added to the cluster later is
// not given away today. With them one can read every secret, enter every pod and reach through every node; whoever can do
// that can make himself administrator, and is therefore somebody who is trusted for an hour and audited.
//
// What is left out keeps the grant from being prolonged in passing: no escalate, bind or impersonate, no roles or bindings
// to write (to delete an intruder's, yes), no certificates to approve or sign, no tokens to create, not even by way of a
// secret that a controller would fill with one.
func breakGlassRules() []Rule {
	manage := append(workloads(manageVerbs), only(manageVerbs, surroundings())...)
	manage = append(manage, only(manageVerbs, machinery())...)
	return append(manage,
		logs(),
		Rule{"", []string{"serviceaccounts"}, manageVerbs},
		Rule{"", []string{"secrets"}, removeVerbs},
		Rule{"", []string{"pods/exec", "pods/attach", "pods/portforward"}, []string{"get", "create"}},
		Rule{"", []string{"pods/ephemeralcontainers"}, scaleVerbs},
		Rule{"", []string{"pods/proxy", "services/proxy", "nodes/proxy"}, []string{"get", "create"}},
		Rule{"", []string{"pods/eviction"}, []string{"create"}},
		Rule{"", []string{"nodes/metrics", "nodes/stats", "nodes/healthz", "nodes/log", "nodes/configz"}, getVerb},
		Rule{"", []string{"namespaces/finalize"}, []string{"update"}},
		Rule{"apps", []string{"deployments/scale", "statefulsets/scale", "replicasets/scale"}, scaleVerbs},
		Rule{"coordination.k8s.io", []string{"leases"}, manageVerbs},
		Rule{calicoGroup, calicoPolicies(), manageVerbs},
		Rule{rbacGroup, []string{"roles", "rolebindings", "clusterroles", "clusterrolebindings"}, removeVerbs},
		// A webhook that answers no more stops the cluster; a policy of ours that is wrong does, too.
		Rule{"admissionregistration.k8s.io", admissionPolicies(), manageVerbs},
		Rule{"certificates.k8s.io", []string{"certificatesigningrequests"}, removeVerbs},
		Rule{"flowcontrol.apiserver.k8s.io", []string{"flowschemas", "prioritylevelconfigurations"}, manageVerbs},
		Rule{"authorization.k8s.io", []string{"subjectaccessreviews", "localsubjectaccessreviews"}, []string{"create"}},
	)
}
