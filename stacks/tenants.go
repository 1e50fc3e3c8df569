package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/baseline"
	"github.com/rampart-iac/rampart/components/access"
	"github.com/rampart-iac/rampart/components/tenant"
)

func (v *validator) tenants() {
	seen := map[string]int{}
	for i, each := range v.config.Tenants {
		path := fmt.Sprintf("tenants[%d]", i)
		v.tenantName(path+".name", each.Name, seen)
		if _, double := seen[each.Name]; !double {
			seen[each.Name] = i
		}
		v.people(path+".viewers", each.Viewers)
		v.people(path+".developers", each.Developers)
		v.people(path+".operators", each.Operators)
		for j, rule := range each.rules() {
			rule.Check(v.below(fmt.Sprintf("%s.rules[%d]", path, j)))
		}
		tenant.CheckPodSecurity(each.podSecurity(), each.restrictedWaived(v.resolved), v.below(path))
		tenant.CheckCapacity(tenant.Quota(each.Quota), each.limits(), v.below(path))
		tenant.CheckSecretNames(each.secretKeys(), v.below(path))
	}
}

func (v *validator) tenantName(path, name string, seen map[string]int) {
	switch first, double := seen[name]; {
	case name == "":
		v.report(path, name, "is empty: give the tenant a name")
	case double:
		v.report(path, name, "is the name of rampart:tenants[%d] already: tenants need names of their own", first)
	case !namespaceName.MatchString(name) || len(name) > longestNamespace:
		v.report(path, name, "is not a namespace name: use at most %d lower-case letters, digits and dashes, "+
			"with a letter or digit at both ends", longestNamespace)
	case name == "default" || strings.HasPrefix(name, "kube-"):
		v.report(path, name, "is a namespace of Kubernetes itself: choose another name")
	}
}

// args are the arguments of the tenant's component.
func (t Tenant) args(facts baseline.Facts, resolved baseline.Resolved) *tenant.TenantArgs {
	return &tenant.TenantArgs{
		Name:              t.Name,
		Viewers:           t.Viewers.subjects(),
		Developers:        t.Developers.subjects(),
		Operators:         t.Operators.subjects(),
		Rules:             t.rules(),
		Quota:             tenant.Quota(t.Quota),
		Limits:            t.limits(),
		Secrets:           t.secrets(),
		PodSecurity:       t.podSecurity(),
		RestrictedWaived:  t.restrictedWaived(resolved),
		KubernetesVersion: facts.KubernetesVersion,
	}
}

func (t Tenant) podSecurity() tenant.PodSecurity { return tenant.PodSecurity(t.PodSecurity) }

// restrictedWaived says whether the tenant may be held to less than restricted: because of a waiver, or because the stack's
// level asks for no more.
func (t Tenant) restrictedWaived(resolved baseline.Resolved) bool {
	return !resolved.Requires(tenant.RestrictedControl, baseline.TenantScope(t.Name))
}

// rules are what the tenant's developers may do beside the rules of their persona.
func (t Tenant) rules() []access.Rule {
	rules := make([]access.Rule, 0, len(t.Rules))
	for _, rule := range t.Rules {
		rules = append(rules, access.Rule(rule))
	}
	return rules
}

func (t Tenant) limits() tenant.Limits {
	return tenant.Limits{
		Default: tenant.Resources(t.Limits.Default),
		Request: tenant.Resources(t.Limits.Request),
		Max:     tenant.Resources(t.Limits.Max),
	}
}

func (t Tenant) secretKeys() map[string][]string {
	keys := map[string][]string{}
	for name, values := range t.Secrets {
		keys[name] = slices.Collect(maps.Keys(values))
	}
	return keys
}

func (t Tenant) secrets() map[string]map[string]pulumi.StringInput {
	secrets := map[string]map[string]pulumi.StringInput{}
	for name, values := range t.Secrets {
		secrets[name] = map[string]pulumi.StringInput{}
		for key, value := range values {
			secrets[name][key] = pulumi.ToSecret(pulumi.String(string(value))).(pulumi.StringOutput)
		}
	}
	return secrets
}
