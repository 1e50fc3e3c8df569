package e2e

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

// TestNodesWereReadyBeforeTheLayers: when the first policy of the API server and the first tenant were made, all nodes were Ready.
// It comes before what stops nodes: after that, Ready is since another time.
//
//nolint:paralleltest // others restart nodes
func TestNodesWereReadyBeforeTheLayers(t *testing.T) {
	ctx := t.Context()
	nodes, err := cluster.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var ready time.Time
	for _, node := range nodes.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type != corev1.NodeReady {
				continue
			}
			if condition.Status != corev1.ConditionTrue {
				t.Errorf("%s is not ready: %s", node.Name, condition.Message)
			}
			if since := condition.LastTransitionTime.Time; since.After(ready) {
				ready = since
			}
		}
	}
	if len(nodes.Items) != 2 || ready.IsZero() {
		t.Fatalf("control: %d nodes, ready since %s", len(nodes.Items), ready)
	}
	policies, err := cluster.Client.AdmissionregistrationV1().ValidatingAdmissionPolicies().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(policies.Items) == 0 {
		t.Error("control: there is no policy")
	}
	for _, policy := range policies.Items {
		if made := policy.CreationTimestamp.Time; made.Before(ready) {
			t.Errorf("policy %s was made %s before the last node was ready", policy.Name, ready.Sub(made))
		}
	}
	for _, tenant := range []string{framework.TenantBlue, framework.TenantViolet} {
		namespace, err := cluster.Client.CoreV1().Namespaces().Get(ctx, tenant, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if made := namespace.CreationTimestamp.Time; made.Before(ready) {
			t.Errorf("tenant %s was made %s before the last node was ready", tenant, ready.Sub(made))
		}
	}
}
