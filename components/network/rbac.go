package network

import (
	"fmt"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/rampart-iac/rampart/components/internal/objects"
)

// namespace is where Calico's own pods live: beside kube-proxy, and exempt from Pod Security like it.
const namespace = "kube-system"

// The service accounts, each with a cluster role of the same name.
const (
	nodeAccount            = "calico-node"
	cniAccount             = "calico-cni-plugin"
	kubeControllersAccount = "calico-kube-controllers"
)

// rule allows verbs on resources of one API group, or on the named ones only.
type rule struct {
	group     string
	resources []string
	names     []string
	verbs     []string
}

var (
	readVerbs  = []string{"get", "list", "watch"}
	watchVerbs = []string{"list", "watch"}
)

// accounts lists who may do what. It is upstream's list less what only BGP, Typha and upgrades from old releases need.
var accounts = []struct {
	name  string
	token bool // mounts a token: it has pods
	rules []rule
}{
	{
		name:  nodeAccount,
		token: true,
		rules: []rule{
			// It keeps a short-lived token of the CNI plugin's account fresh on each node.
			{resources: []string{"serviceaccounts/token"}, names: []string{cniAccount}, verbs: []string{"create"}},
			{resources: []string{"nodes"}, verbs: readVerbs},
			// It clears NetworkUnavailable and notes the node's addresses in its annotations.
			{resources: []string{"nodes/status"}, verbs: []string{"patch", "update"}},
			// What policy is computed from.
			{resources: []string{"pods", "namespaces", "serviceaccounts", "services"}, verbs: watchVerbs},
			{group: "discovery.k8s.io", resources: []string{"endpointslices"}, verbs: watchVerbs},
			{group: "networking.k8s.io", resources: []string{"networkpolicies"}, verbs: watchVerbs},
			{
				group: crdGroup,
				resources: []string{
					"bgpconfigurations", "blockaffinities", "caliconodestatuses", "clusterinformations", "felixconfigurations",
					"globalnetworkpolicies", "globalnetworksets", "hostendpoints", "ipamblocks", "ippools", "ipreservations",
					"networkpolicies", "networksets",
				},
				verbs: readVerbs,
			},
			// At its start it looks for what a release before 2.6 may have left, and ends if it may not look.
			{group: crdGroup, resources: []string{"globalfelixconfigs"}, verbs: []string{"get"}},
			// Defaults that it makes at its first start.
			{
				group:     crdGroup,
				resources: []string{"ippools", "felixconfigurations", "clusterinformations"},
				verbs:     []string{"create", "update"},
			},
			{group: crdGroup, resources: []string{"caliconodestatuses"}, verbs: []string{"update"}},
			// The address of the node's own end of the tunnel.
			{
				group:     crdGroup,
				resources: []string{"blockaffinities", "ipamblocks", "ipamhandles"},
				verbs:     []string{"get", "list", "create", "update", "delete"},
			},
			{group: crdGroup, resources: []string{"ipamconfigs"}, verbs: []string{"get", "create"}},
		},
	},
	{
		name: cniAccount,
		rules: []rule{
			{resources: []string{"pods", "nodes", "namespaces"}, verbs: []string{"get"}},
			// A pod's address is noted in its annotations.
			{resources: []string{"pods/status"}, verbs: []string{"patch"}},
			{
				group:     crdGroup,
				resources: []string{"clusterinformations", "ippools", "ipreservations"},
				verbs:     []string{"get", "list"},
			},
			{
				group:     crdGroup,
				resources: []string{"blockaffinities", "ipamblocks", "ipamhandles"},
				verbs:     []string{"get", "list", "create", "update", "delete"},
			},
			{group: crdGroup, resources: []string{"ipamconfigs"}, verbs: []string{"get", "list", "create"}},
		},
	},
	{
		name:  kubeControllersAccount,
		token: true,
		rules: []rule{
			// Addresses of pods and nodes that are gone are given back.
			{resources: []string{"nodes", "pods"}, verbs: readVerbs},
			{group: crdGroup, resources: []string{"ippools"}, verbs: watchVerbs},
			{group: crdGroup, resources: []string{"ipreservations"}, verbs: []string{"list"}},
			{
				group:     crdGroup,
				resources: []string{"blockaffinities", "ipamblocks", "ipamhandles"},
				verbs:     []string{"get", "list", "watch", "create", "update", "delete"},
			},
			// With host endpoints off it deletes those that an earlier setting made.
			{group: crdGroup, resources: []string{"hostendpoints"}, verbs: []string{"get", "list", "delete"}},
			{
				group:     crdGroup,
				resources: []string{"clusterinformations"},
				verbs:     []string{"get", "list", "watch", "create", "update"},
			},
			// Its own settings, which createSettings writes; it adds their status.
			{
				group:     crdGroup,
				resources: []string{"kubecontrollersconfigurations"},
				verbs:     []string{"get", "list", "watch", "create", "update"},
			},
		},
	},
}

// hostEndpointRule is what the controllers may do beside the rest where they make host endpoints.
var hostEndpointRule = rule{group: crdGroup, resources: []string{"hostendpoints"}, verbs: []string{"create", "update"}}

// createAccounts registers service accounts, cluster roles and bindings, and returns the bindings: each comes after its
// account and its role.
func createAccounts(
	ctx *pulumi.Context, name string, args CalicoArgs, opts ...pulumi.ResourceOption,
) ([]pulumi.Resource, error) {
	var created []pulumi.Resource
	for _, account := range accounts {
		if account.name == cniAccount && args.policyOnly() {
			continue
		}
		rules := account.rules
		if account.name == kubeControllersAccount && args.HostEndpoints {
			rules = append(slices.Clone(rules), hostEndpointRule)
		}
		child := name + "-" + account.name
		serviceAccount, err := corev1.NewServiceAccount(ctx, child, &corev1.ServiceAccountArgs{
			Metadata:                     metadata(account.name),
			AutomountServiceAccountToken: pulumi.Bool(account.token),
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("service account %s: %w", account.name, err)
		}
		role, err := rbacv1.NewClusterRole(ctx, child, &rbacv1.ClusterRoleArgs{
			Metadata: clusterMetadata(account.name),
			Rules:    policyRules(rules),
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("cluster role %s: %w", account.name, err)
		}
		binding, err := rbacv1.NewClusterRoleBinding(ctx, child, &rbacv1.ClusterRoleBindingArgs{
			Metadata: clusterMetadata(account.name),
			RoleRef: &rbacv1.RoleRefArgs{
				ApiGroup: pulumi.String("rbac.authorization.k8s.io"),
				Kind:     pulumi.String("ClusterRole"),
				Name:     pulumi.String(account.name),
			},
			Subjects: rbacv1.SubjectArray{&rbacv1.SubjectArgs{
				Kind:      pulumi.String("ServiceAccount"),
				Name:      pulumi.String(account.name),
				Namespace: pulumi.String(namespace),
			}},
		}, append(opts, pulumi.DependsOn([]pulumi.Resource{serviceAccount, role}))...)
		if err != nil {
			return nil, fmt.Errorf("cluster role binding %s: %w", account.name, err)
		}
		created = append(created, binding)
	}
	return created, nil
}

func policyRules(rules []rule) rbacv1.PolicyRuleArray {
	typed := make(rbacv1.PolicyRuleArray, 0, len(rules))
	for _, rule := range rules {
		args := &rbacv1.PolicyRuleArgs{
			ApiGroups: pulumi.ToStringArray([]string{rule.group}),
			Resources: pulumi.ToStringArray(rule.resources),
			Verbs:     pulumi.ToStringArray(rule.verbs),
		}
		if len(rule.names) > 0 {
			args.ResourceNames = pulumi.ToStringArray(rule.names)
		}
		typed = append(typed, args)
	}
	return typed
}

func metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(name),
		Namespace: pulumi.String(namespace),
		Labels:    objects.Labels("k8s-app", name),
	}
}

func clusterMetadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{Name: pulumi.String(name), Labels: objects.Labels("k8s-app", name)}
}
