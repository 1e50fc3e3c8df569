package baseline

// tenantControls hold the place that each tenant has.
func tenantControls() []Control {
	return []Control{
		{
			ID:          "RMP-TEN-001",
			Title:       "Each tenant has a namespace of its own, labelled for Pod Security",
			Why:         "A namespace is what roles, quotas and policies end at.",
			Severity:    SeverityHigh,
			References:  cite(cis("5.6.1"), nsa("N1"), owasp("K05")),
			Enforcement: onKind(enforcedBy("components/tenant")),
			Proof:       "components/tenant.TestNamespace",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-TEN-002",
			Title:       "Nobody is let into a namespace before it is isolated",
			Why:         "What is started in the gap keeps its open connections.",
			Severity:    SeverityMedium,
			References:  cite(nsa("N1"), owasp("K05")),
			Enforcement: onKind(enforcedBy("components/tenant")),
			Proof:       "components/tenant.TestNobodyIsLetIntoAnOpenNamespace",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-TEN-003",
			Title:       "A tenant has a quota of pods, CPU, memory, storage and objects",
			Why:         "One tenant, or whoever broke into it, cannot take the cluster from the others.",
			Severity:    SeverityMedium,
			References:  cite(nsa("N4"), owasp("K01")),
			Enforcement: onKind(enforcedBy("components/tenant")),
			Proof:       "tests/e2e.TestTenantsQuotaIsEnforced",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-TEN-004",
			Title:       "Containers of a tenant that name no limits get the tenant's, and none gets more",
			Why:         "A quota alone refuses pods without limits, and people then set it too high.",
			Severity:    SeverityLow,
			References:  cite(nsa("N4"), owasp("K01")),
			Enforcement: onKind(enforcedBy("components/tenant")),
			Proof:       "tests/e2e.TestTenantsPodsGetLimits",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
	}
}
