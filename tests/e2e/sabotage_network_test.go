package e2e

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/dynamic"

	"github.com/rampart-iac/rampart/tests/framework"
)

func networkSabotages() [][]sabotage {
	policy := func(namespace, name string, labels map[string]string, spec networkingv1.NetworkPolicySpec) func(*testing.T) func(context.Context) error {
		return func(t *testing.T) func(context.Context) error {
			t.Helper()
			policies := cluster.Client.NetworkingV1().NetworkPolicies(namespace)
			if _, err := policies.Create(t.Context(), &networkingv1.NetworkPolicy{
				ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Spec: spec,
			}, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context) error { return policies.Delete(ctx, name, metav1.DeleteOptions{}) }
		}
	}
	egress := func(rule networkingv1.NetworkPolicyEgressRule) networkingv1.NetworkPolicySpec {
		return networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, Egress: []networkingv1.NetworkPolicyEgressRule{rule},
		}
	}
	port, udp := intstr.FromInt32(53), corev1.ProtocolUDP
	names := []networkingv1.NetworkPolicyPort{{Port: &port}, {Port: &port, Protocol: &udp}}
	// No attack connects to it.
	odd := intstr.FromInt32(4321)
	return [][]sabotage{{
		// The border stays shut to other tenants: what is open is the world.
		{"a tenant lets its pods out to all",
			policy(framework.TenantGreen, "e2e-out", nil, egress(networkingv1.NetworkPolicyEgressRule{})),
			ids("RMP-NET-003"), nil},
		{"a tenant may ask any name server",
			policy(framework.TenantBlue, "e2e-names", nil, egress(networkingv1.NetworkPolicyEgressRule{Ports: names})),
			ids("RMP-NET-004"), nil},
		{"a tenant's rule names the whole world",
			policy(framework.TenantGreen, "e2e-world", map[string]string{"app.kubernetes.io/managed-by": "rampart"},
				egress(networkingv1.NetworkPolicyEgressRule{
					To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}},
					Ports: []networkingv1.NetworkPolicyPort{{Port: &odd}},
				})),
			ids("RMP-NET-010"), named("e2e-world")},
		{"the default deny of all namespaces is gone", withoutDefaultDeny, ids("RMP-NET-005"), nil},
	}, {
		{"a policy above all others allows everything", allowAboveAll, ids("RMP-NET-001", "RMP-NET-002", "RMP-NET-003", "RMP-NET-004",
			"RMP-NET-005", "RMP-NET-006", "RMP-NET-007", "RMP-NET-008", "RMP-NET-009"), nil},
	}}
}

var calicoGlobal = schema.GroupVersionResource{Group: "crd.projectcalico.org", Version: "v1", Resource: "globalnetworkpolicies"}

func allowAboveAll(t *testing.T) func(context.Context) error {
	t.Helper()
	client, err := dynamic.NewForConfig(cluster.Admin)
	if err != nil {
		t.Fatal(err)
	}
	allow := []any{map[string]any{"action": "Allow"}}
	if _, err := client.Resource(calicoGlobal).Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "crd.projectcalico.org/v1", "kind": "GlobalNetworkPolicy", "metadata": map[string]any{"name": "e2e-sabotage"},
		"spec": map[string]any{"order": int64(-1), "selector": "all()", "types": []any{"Ingress", "Egress"}, "ingress": allow, "egress": allow},
	}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		return client.Resource(calicoGlobal).Delete(ctx, "e2e-sabotage", metav1.DeleteOptions{})
	}
}

// withoutDefaultDeny deletes it. What the protection of nodes does for pods that try to get out is left.
func withoutDefaultDeny(t *testing.T) func(context.Context) error {
	t.Helper()
	client, err := dynamic.NewForConfig(cluster.Admin)
	if err != nil {
		t.Fatal(err)
	}
	policies := client.Resource(calicoGlobal)
	policy, err := policies.Get(t.Context(), "default.rampart-default-deny", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := policies.Delete(t.Context(), policy.GetName(), metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		policy.SetResourceVersion("")
		_, err := policies.Create(ctx, policy, metav1.CreateOptions{})
		return err
	}
}
