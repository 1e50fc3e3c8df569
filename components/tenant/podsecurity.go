package tenant

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
)

// PodSecurity is a level of the Pod Security Standards that a tenant's pods are held to (CIS 5.2).
type PodSecurity string

// The levels that a tenant may have. There is a third in Kubernetes, privileged, and no tenant has it: it is root on every
// node.
const (
	// PodSecurityRestricted takes root, capabilities and rare system calls away.
	PodSecurityRestricted PodSecurity = "restricted"
	// PodSecurityBaseline keeps out what is known to break out of a container.
	PodSecurityBaseline PodSecurity = "baseline"
)

// RestrictedControl is the control that a tenant with PodSecurityBaseline goes without.
const RestrictedControl baseline.ControlID = "RMP-ADM-002"

const privileged = "privileged"

// CheckPodSecurity calls report with the field, the value and the rule if a tenant may not have a level. Waived says that a
// person answers for it going without RestrictedControl.
func CheckPodSecurity(level PodSecurity, waived bool, report func(field string, value any, rule string)) {
	const field = "podSecurity"
	switch level {
	case "", PodSecurityRestricted:
	case PodSecurityBaseline:
		if !waived {
			report(field, level, "is less than restricted: use that, or waive "+string(RestrictedControl)+
				" for this tenant, with a reason, an owner and an end")
		}
	case privileged:
		report(field, level, "gives the nodes away, and with them the cluster: no tenant has it, use restricted, or "+
			"baseline with a waiver of "+string(RestrictedControl))
	default:
		report(field, level, "is not a level of Pod Security: use restricted")
	}
}

// podSecurityLabels hold a namespace to a level, by the rules of one minor release. What is less than restricted is at
// least said to whoever does it, and audited.
func podSecurityLabels(labels pulumi.StringMap, level PodSecurity, release string) {
	for mode, of := range map[string]PodSecurity{
		"enforce": level, "audit": PodSecurityRestricted, "warn": PodSecurityRestricted,
	} {
		labels["pod-security.kubernetes.io/"+mode] = pulumi.String(string(of))
		labels["pod-security.kubernetes.io/"+mode+"-version"] = pulumi.String(release)
	}
}
