package baseline

// Framework is a public list of what a cluster should have.
type Framework string

// Frameworks that the baseline is measured by.
const (
	// CIS is the CIS Kubernetes Benchmark 1.12. The benchmark's 2.0 has the same checks.
	CIS Framework = "CIS Kubernetes Benchmark 1.12"
	// NSA is the Kubernetes Hardening Guide of NSA and CISA, version 1.2. Its items have no numbers: ours follow its
	// chapters.
	NSA Framework = "NSA/CISA Kubernetes Hardening Guide 1.2"
	// OWASP is the OWASP Kubernetes Top Ten of 2025.
	OWASP Framework = "OWASP Kubernetes Top Ten 2025"
	// PSS is the Pod Security Standards of Kubernetes.
	PSS Framework = "Pod Security Standards"
)

// Reference is one item of a framework.
type Reference struct {
	Framework Framework
	// Item is the item's number or name in the framework, such as 1.2.27.
	Item string
}

// cite joins what controls refer to.
func cite(groups ...[]Reference) []Reference {
	var all []Reference
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

func cis(items ...string) []Reference   { return references(CIS, items) }
func nsa(items ...string) []Reference   { return references(NSA, items) }
func owasp(items ...string) []Reference { return references(OWASP, items) }
func pss(items ...string) []Reference   { return references(PSS, items) }

func references(framework Framework, items []string) []Reference {
	references := make([]Reference, 0, len(items))
	for _, item := range items {
		references = append(references, Reference{Framework: framework, Item: item})
	}
	return references
}
