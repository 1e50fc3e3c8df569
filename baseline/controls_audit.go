package baseline

// auditControls hold the API server's own record of what was done.
func auditControls() []Control {
	return []Control{
		{
			ID: "RMP-AUD-001",
			Title: "The audit log says who did what to pods, workloads, namespaces, Secrets, roles and admission, " +
				"and who opened a shell",
			Why:         "What leaves no trace cannot be found, proven or undone.",
			Severity:    SeverityHigh,
			References:  cite(cis("1.2.16", "3.2.1", "3.2.2"), nsa("L1"), owasp("K10")),
			Enforcement: onKind(enforcedBy("providers/kind/hardening")),
			Proof:       "tests/e2e.TestAuditLogNamesWhoDidWhat",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-AUD-002",
			Title:       "No content of a Secret and no token is in the audit log",
			Why:         "A log is copied to many places and kept for years.",
			Severity:    SeverityHigh,
			References:  cite(cis("3.2.2"), owasp("K03", "K10")),
			Enforcement: onKind(enforcedBy("providers/kind/hardening")),
			Proof:       "tests/e2e.TestAuditLogKeepsSecretsOut",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-AUD-003",
			Title:       "The audit log is kept for 30 days and rotated before it fills the disk",
			Why:         "Intrusions are found weeks later; a full disk stops the log or the node.",
			Severity:    SeverityMedium,
			References:  cite(cis("1.2.17", "1.2.18", "1.2.19"), nsa("L2"), owasp("K10")),
			Enforcement: onKind(enforcedBy("providers/kind/hardening")),
			Proof:       "tests/e2e.TestAuditLogIsKeptAndRotated",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-AUD-004",
			Title:       "The cluster's own chatter is not in the audit log",
			Why:         "Nobody finds one line of an attacker among a million of leases and health checks.",
			Severity:    SeverityLow,
			References:  cite(cis("3.2.2"), owasp("K10")),
			Enforcement: onKind(enforcedBy("providers/kind/hardening")),
			Proof:       "tests/e2e.TestAuditLogHasNoNoise",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:         "RMP-AUD-005",
			Title:      "The audit log is sent out of the cluster while it is written, to where somebody watches it",
			Why:        "Who has taken a node can change the log that is on it, and a log that nobody reads warns nobody.",
			Severity:   SeverityMedium,
			References: cite(nsa("L2", "L4", "L5"), owasp("K10")),
			Enforcement: onKind(notPossible("a cluster on a laptop has nowhere to send its log: it is a file on the " +
				"control-plane node")),
			Since:  Version202611,
			Levels: everyLevel(),
		},
	}
}
