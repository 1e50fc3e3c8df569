package access

// auditorClusterRules: what is enforced and who may do what, as written and as answered. No secret, no log, no
// configuration of a workload, and nothing to change.
func auditorClusterRules() []Rule {
	rules := append(surroundings(), machinery()...)
	return append(rules,
		// Their security contexts, accounts and ports.
		Rule{"", []string{"pods", "services", "serviceaccounts", "persistentvolumeclaims"}, readVerbs},
		Rule{"apps", []string{"deployments", "statefulsets", "daemonsets"}, readVerbs},
		Rule{"batch", []string{"jobs", "cronjobs"}, readVerbs},
		Rule{"networking.k8s.io", []string{"ingresses"}, readVerbs},
		Rule{calicoGroup, calicoPolicies(), readVerbs},
		Rule{"policy", []string{"poddisruptionbudgets"}, readVerbs},
		Rule{rbacGroup, []string{"roles", "rolebindings", "clusterroles", "clusterrolebindings"}, readVerbs},
		Rule{"admissionregistration.k8s.io", admissionPolicies(), readVerbs},
		Rule{"certificates.k8s.io", []string{"certificatesigningrequests"}, readVerbs},
		Rule{"flowcontrol.apiserver.k8s.io", []string{"flowschemas", "prioritylevelconfigurations"}, readVerbs},
		// To ask what somebody else may do. The answer is kept nowhere.
		Rule{"authorization.k8s.io", []string{"subjectaccessreviews", "localsubjectaccessreviews"}, []string{"create"}},
	)
}

// rbacGroup is the API group of roles and bindings.
const rbacGroup = "rbac.authorization.k8s.io"

func admissionPolicies() []string {
	return []string{
		"validatingadmissionpolicies", "validatingadmissionpolicybindings",
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
		"validatingwebhookconfigurations", "mutatingwebhookconfigurations",
	}
}
