package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestRuleCheck(t *testing.T) {
	t.Parallel()
	get := []string{"get"}
	for name, test := range map[string]struct {
		rule Rule
		want []string // "field: part of the rule", in order
	}{
		"custom resource":    {Rule{"example.org", []string{"widgets", "widgets/status"}, manageVerbs}, nil},
		"nothing":            {Rule{}, []string{"resources: empty", "verbs: empty"}},
		"all groups":         {Rule{"*", []string{"widgets"}, get}, []string{"group: wildcard"}},
		"all resources":      {Rule{"example.org", []string{"*"}, get}, []string{"resources[0]: wildcard"}},
		"all subresources":   {Rule{"example.org", []string{"widgets/*"}, get}, []string{"resources[0]: wildcard"}},
		"all verbs":          {Rule{"example.org", []string{"widgets"}, []string{"*"}}, []string{"verbs[0]: wildcard"}},
		"roles":              {Rule{rbacGroup, []string{"roles"}, get}, []string{"group: guarded"}},
		"escalate":           {Rule{"example.org", []string{"widgets"}, []string{"escalate", "bind", "impersonate"}}, []string{"verbs[0]: hands out", "verbs[1]: hands out", "verbs[2]: hands out"}},
		"exec":               {Rule{"", []string{"pods/exec"}, []string{"create"}}, []string{"resources[0]: way around"}},
		"token":              {Rule{"", []string{"serviceaccounts/token"}, []string{"create"}}, []string{"resources[0]: way around"}},
		"node proxy":         {Rule{"", []string{"nodes/proxy"}, get}, []string{"resources[0]: way around"}},
		"approval":           {Rule{"certificates.k8s.io", []string{"certificatesigningrequests/approval"}, []string{"update"}}, []string{"group: guarded"}},
		"own border":         {Rule{"networking.k8s.io", []string{"networkpolicies"}, manageVerbs}, []string{"resources[0]: way around"}},
		"unknown verb":       {Rule{"example.org", []string{"widgets"}, []string{"read"}}, []string{"verbs[0]: not a verb"}},
		"empty resource":     {Rule{"example.org", []string{""}, get}, []string{"resources[0]: empty"}},
		"several at a time":  {Rule{"*", []string{"*", "x"}, []string{"*"}}, []string{"group: wildcard", "resources[0]: wildcard", "verbs[0]: wildcard"}},
		"a webhook to write": {Rule{"admissionregistration.k8s.io", []string{"validatingwebhookconfigurations"}, get}, []string{"group: guarded"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			test.rule.Check(func(field string, value any, rule string) {
				got = append(got, fmt.Sprintf("%s: %s", field, rule))
			})
			matches := slices.EqualFunc(got, test.want, func(got, want string) bool {
				field, part, _ := strings.Cut(want, ": ")
				return strings.HasPrefix(got, field+": ") && strings.Contains(got, part)
			})
			if !matches {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
