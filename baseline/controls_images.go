package baseline

// imageControls hold what images pods and nodes are made of.
func imageControls() []Control {
	return []Control{
		{
			ID:          "RMP-IMG-001",
			Title:       "Images come only from registries that the stack names",
			Why:         "An image from anywhere is anybody's code in the cluster.",
			Severity:    SeverityHigh,
			References:  cite(cis("5.5.1"), nsa("P9"), owasp("K04", "K07")),
			Enforcement: onKind(enforcedBy("components/admission")),
			Proof:       "tests/e2e.TestBadPodsAreRefused",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-IMG-002",
			Title:       "No image without a digest is named by the tag latest, or by no tag",
			Why:         "What was tested is then not what runs after the next restart.",
			Severity:    SeverityMedium,
			References:  cite(cis("5.5.1"), nsa("P9"), owasp("K07")),
			Enforcement: onKind(enforcedBy("components/admission")),
			Proof:       "tests/e2e.TestBadPodsAreRefused",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
		{
			ID:          "RMP-IMG-003",
			Title:       "Images are named by their digest",
			Why:         "Who can push to a registry can move any tag to another image.",
			Severity:    SeverityMedium,
			References:  cite(cis("5.5.1"), nsa("P9"), owasp("K07")),
			Enforcement: onKind(enforcedBy("components/admission")),
			Proof:       "tests/e2e.TestBadPodsAreRefused",
			Since:       Version202611,
			Levels:      restrictedOnly(),
			WhenWaived:  "For the cluster: images may be named by a tag other than latest.",
		},
		{
			ID:          "RMP-IMG-004",
			Title:       "A pod runs an image that is on its node only if it may pull it itself",
			Why:         "Otherwise one tenant runs another's private image once it is on the node.",
			Severity:    SeverityLow,
			References:  cite(cis("1.2.11")),
			Enforcement: onKind(enforcedBy("providers/kind/hardening")),
			Proof:       "tests/e2e.TestNodesPassTheBenchmark",
			Since:       Version202611,
			Levels:      everyLevel(),
			Kubernetes:  "v1.35",
		},
		{
			ID:          "RMP-IMG-005",
			Title:       "The nodes' own published image is pinned by digest",
			Why:         "The node image holds the whole control plane.",
			Severity:    SeverityHigh,
			References:  cite(nsa("P9"), owasp("K07")),
			Enforcement: onKind(enforcedBy("providers/kind")),
			Proof:       "baseline.TestNodeImagesArePinnedAndOfTheirVersion",
			Since:       Version202611,
			Levels:      everyLevel(),
		},
	}
}
