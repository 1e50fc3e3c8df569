package access

import (
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var (
	readVerbs   = []string{"get", "list", "watch"}
	manageVerbs = []string{"get", "list", "watch", "create", "update", "patch", "delete"}
)

// rules are all that a tenant may do in its namespace. Left out on purpose, because each is a way around another
// control: pods/exec, pods/attach, pods/portforward and pods/ephemeralcontainers (what runs is what was deployed),
// deletecollection, roles and bindings, network policies other than to read them, quotas, service accounts and their
// tokens.
var rules = []struct {
	group     string
	resources []string
	verbs     []string
}{
	{"", []string{"pods", "services", "configmaps", "secrets", "persistentvolumeclaims"}, manageVerbs},
	{"", []string{"pods/log"}, []string{"get"}},
	{"", []string{"events", "resourcequotas", "limitranges"}, readVerbs},
	{"apps", []string{"deployments", "statefulsets", "daemonsets"}, manageVerbs},
	{"apps", []string{"deployments/scale", "statefulsets/scale"}, []string{"get", "update", "patch"}},
	{"apps", []string{"replicasets", "controllerrevisions"}, readVerbs},
	{"batch", []string{"jobs", "cronjobs"}, manageVerbs},
	// To find out why a connection fails.
	{"networking.k8s.io", []string{"networkpolicies"}, readVerbs},
	{"discovery.k8s.io", []string{"endpointslices"}, readVerbs},
}

func policyRules() rbacv1.PolicyRuleArray {
	typed := make(rbacv1.PolicyRuleArray, 0, len(rules))
	for _, rule := range rules {
		typed = append(typed, &rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{rule.group}),
			Resources: pulumi.ToStringArray(rule.resources),
			Verbs:     pulumi.ToStringArray(rule.verbs),
		})
	}
	return typed
}
