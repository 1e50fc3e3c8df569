package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rulesOfAll are the rules of every persona in both scopes, by their names.
func rulesOfAll() map[string][]Rule {
	all := map[string][]Rule{}
	for _, persona := range ClusterPersonas() {
		all["cluster "+string(persona)] = persona.clusterRules()
	}
	for _, persona := range NamespacePersonas() {
		all["namespace "+string(persona)] = persona.namespaceRules()
	}
	return all
}

// TestEveryPersonaNamesWhatItMayDo: a wildcard also covers what does not exist yet (CIS 5.1.3), break-glass included.
func TestEveryPersonaNamesWhatItMayDo(t *testing.T) {
	t.Parallel()
	known := append(slices.Clone(manageVerbs), "deletecollection")
	for name, rules := range rulesOfAll() {
		if len(rules) == 0 {
			t.Errorf("%s has no rules", name)
		}
		for _, rule := range rules {
			if len(rule.Resources) == 0 || len(rule.Verbs) == 0 {
				t.Errorf("%s: half a rule %+v", name, rule)
			}
			if strings.Contains(fmt.Sprint(rule), "*") {
				t.Errorf("%s: wildcard in %+v", name, rule)
			}
			for _, verb := range rule.Verbs {
				if !slices.Contains(known, verb) {
					t.Errorf("%s: verb %s in %+v", name, verb, rule)
				}
			}
		}
	}
}

// may says whether rules allow a verb on a resource, as RBAC reads them.
func may(rules []Rule, verb, group, resource string) bool {
	return slices.ContainsFunc(rules, func(rule Rule) bool {
		return rule.Group == group && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Verbs, verb)
	})
}

// TestWhatPersonasAreFor is a sample by hand; tests/apiserver/access has the whole matrix.
func TestWhatPersonasAreFor(t *testing.T) {
	t.Parallel()
	all := rulesOfAll()
	for _, test := range []struct {
		who, verb, group, resource string
		want                       bool
	}{
		{"cluster viewer", "list", "", "nodes", true},
		{"cluster viewer", "get", "", "secrets", false},
		{"cluster viewer", "get", "", "pods/log", false},
		{"cluster operator", "get", "", "pods/log", true},
		{"cluster operator", "create", "", "pods/eviction", true},
		{"cluster operator", "patch", "", "nodes", true},
		{"cluster operator", "patch", "apps", "deployments", false},
		{"cluster operator", "create", "", "pods", false},
		{"cluster auditor", "list", rbacGroup, "clusterrolebindings", true},
		{"cluster auditor", "get", "", "configmaps", false},
		{"cluster auditor", "get", "", "secrets", false},
		{"cluster break-glass", "list", "", "secrets", true},
		{"cluster break-glass", "create", "", "secrets", false},
		{"cluster break-glass", "create", "", "pods/exec", true},
		{"cluster break-glass", "create", rbacGroup, "clusterrolebindings", false},
		{"namespace viewer", "get", "", "pods/log", true},
		{"namespace viewer", "get", "", "secrets", false},
		{"namespace developer", "create", "apps", "deployments", true},
		{"namespace developer", "create", "", "secrets", true},
		{"namespace developer", "create", "", "pods/exec", false},
		{"namespace operator", "delete", "", "pods", true},
		{"namespace operator", "create", "", "pods", false},
		{"namespace operator", "get", "", "secrets", false},
	} {
		if got := may(all[test.who], test.verb, test.group, test.resource); got != test.want {
			t.Errorf("%s: %s %s: %t, want %t", test.who, test.verb, test.resource, got, test.want)
		}
	}
}

func TestGroupsDoNotMeet(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, persona := range ClusterPersonas() {
		seen[persona.Group()] = true
	}
	// A namespace can be called like anything.
	for _, namespace := range []string{"viewer", "operator", "rampart", "break-glass"} {
		for _, persona := range NamespacePersonas() {
			group := persona.NamespaceGroup(namespace)
			if seen[group] {
				t.Errorf("%s is somebody else's group too", group)
			}
			seen[group] = true
			if ReasonAgainst(group) == "" {
				t.Errorf("a configuration may name %s", group)
			}
		}
	}
	if ReasonAgainst(CertificateUser("ada")) == "" {
		t.Error("a configuration may bind the user of a certificate")
	}
}

func TestReasonAgainst(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ada", "ada@example.org", "https://idp.example.org#ada", "oidc:blue team", "Ünal"} {
		if reason := ReasonAgainst(name); reason != "" {
			t.Errorf("%q %s", name, reason)
		}
	}
	for name, want := range map[string]string{
		"": "empty", " ada": "spaces", "*": "wildcard", "blue-*": "wildcard", "a\nb": "control characters",
		"system:masters": "Kubernetes' own", "kubeadm:cluster-admins": "Kubernetes' own", "rampart:break-glass": "rampart kubeconfig",
	} {
		if reason := ReasonAgainst(name); !strings.Contains(reason, want) {
			t.Errorf("%q %q, want %q", name, reason, want)
		}
	}
}
