package baseline

// operationsControls hold a cluster that has been running for a while.
func operationsControls() []Control {
	return []Control{
		{
			ID:          "RMP-OPS-001",
			Title:       "An upgrade of Kubernetes keeps every control, and skips no minor version",
			Why:         "kubeadm rewrites files with its own modes, and a patch that is feared is not applied.",
			Severity:    SeverityHigh,
			References:  cite(nsa("U1"), owasp("K07")),
			Enforcement: onKind(enforcedBy("providers/kind")),
			Proof:       "tests/full.TestUpgrades",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-OPS-002",
			Title:       "What was changed or deleted by hand is found and put back",
			Why:         "A control that somebody took away for a minute is gone for good otherwise.",
			Severity:    SeverityMedium,
			References:  cite(nsa("U2"), owasp("K04")),
			Enforcement: onKind(enforcedBy("providers/kind")),
			Proof:       "tests/e2e.TestDriftIsFoundAndRepaired",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-OPS-003",
			Title:       "The control plane's certificates are renewed before they end",
			Why:         "Certificates that end stop the cluster; ones that never do cannot be taken back.",
			Severity:    SeverityMedium,
			References:  cite(owasp("K09")),
			Enforcement: onKind(enforcedBy("providers/kind")),
			Proof:       "tests/e2e.TestCertificatesAreRenewed",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-OPS-004",
			Title:       "Only versions of Kubernetes that Rampart was tested with are made",
			Why:         "A version whose defaults nobody has looked at may lack a control without a word.",
			Severity:    SeverityMedium,
			References:  cite(nsa("U1"), owasp("K07")),
			Enforcement: onKind(enforcedBy("providers/kind")),
			Proof:       "baseline.TestUnsupportedVersionNamesTheSupportedOnes",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
	}
}
