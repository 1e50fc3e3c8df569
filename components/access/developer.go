package access

// developerRules are all that developers, and the service account that deploys for them, may do in their namespace. Left
// out on purpose, because each is a way around another control: pods/exec, pods/attach, pods/portforward and
// pods/ephemeralcontainers (what runs is what was deployed), deletecollection, roles and bindings, network policies other
// than to read them, quotas, service accounts and their tokens.
func developerRules() []Rule {
	rules := append(workloads(manageVerbs), surroundings()...)
	return append(rules,
		// Whoever creates a pod can have it read every secret of the namespace; to keep the secrets from them here would
		// only look like a control.
		Rule{"", []string{"secrets"}, manageVerbs},
		logs(),
		Rule{"apps", []string{"deployments/scale", "statefulsets/scale"}, scaleVerbs},
	)
}
