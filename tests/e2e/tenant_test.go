package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/rampart-iac/rampart/tests/framework"
)

var dryRun = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}

// TestTenantsQuotaIsEnforced asks for what a tenant has none of, and for more than it has.
func TestTenantsQuotaIsEnforced(t *testing.T) {
	t.Parallel()
	services := cluster.Client.CoreV1().Services(framework.TenantBlue)
	for kind, denied := range map[corev1.ServiceType]bool{
		corev1.ServiceTypeClusterIP: false, corev1.ServiceTypeNodePort: true, corev1.ServiceTypeLoadBalancer: true,
	} {
		_, err := services.Create(t.Context(), &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-quota-"},
			Spec:       corev1.ServiceSpec{Type: kind, Ports: []corev1.ServicePort{{Port: framework.TCPPort}}},
		}, dryRun)
		if denied != apierrors.IsForbidden(err) || (!denied && err != nil) {
			t.Errorf("a service of type %s: %v, want it denied: %t", kind, err, denied)
		}
	}
	for memory, denied := range map[string]bool{"1Gi": false, "1Ti": true} {
		pod := cluster.DecentPod(framework.TenantBlue, "e2e-quota")
		pod.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}
		_, err := cluster.Client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, dryRun)
		if denied != apierrors.IsForbidden(err) || (!denied && err != nil) {
			t.Errorf("a pod with %s of memory: %v, want it denied: %t", memory, err, denied)
		}
	}
}

// TestTenantsPodsGetLimits: a container that names none gets the tenant's, and one that names its own keeps them.
func TestTenantsPodsGetLimits(t *testing.T) {
	t.Parallel()
	own := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("32Mi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("16Mi"),
	}
	for _, test := range []struct {
		says            string
		given           corev1.ResourceRequirements
		limits, request map[corev1.ResourceName]string
	}{
		{"none", corev1.ResourceRequirements{},
			map[corev1.ResourceName]string{"cpu": "500m", "memory": "256Mi", "ephemeral-storage": "1Gi"},
			map[corev1.ResourceName]string{"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi"}},
		{"its own", corev1.ResourceRequirements{Limits: own, Requests: own},
			map[corev1.ResourceName]string{"cpu": "100m", "memory": "32Mi", "ephemeral-storage": "16Mi"},
			map[corev1.ResourceName]string{"cpu": "100m", "memory": "32Mi", "ephemeral-storage": "16Mi"}},
	} {
		pod := cluster.DecentPod(framework.TenantBlue, "e2e-limits")
		pod.Spec.Containers[0].Resources = test.given
		made, err := cluster.Client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, dryRun)
		if err != nil {
			t.Fatal(err)
		}
		got := made.Spec.Containers[0].Resources
		for name := range test.limits {
			limit, request := got.Limits[name], got.Requests[name]
			if limit.String() != test.limits[name] || request.String() != test.request[name] {
				t.Errorf("a container that names %s: %s of at most %s, want %s of at most %s: %s",
					test.says, request.String(), limit.String(), test.request[name], test.limits[name], name)
			}
		}
	}
}

// TestTenantsSecretIsReadByWhoMay asks as the tenant's personas, and as those of the cluster and of the other tenant.
func TestTenantsSecretIsReadByWhoMay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		as  []string
		may bool
	}{
		{[]string{"--as", "developer", "--tenant", framework.TenantBlue}, true},
		{[]string{"--as", "viewer", "--tenant", framework.TenantBlue}, false},
		{[]string{"--as", "operator", "--tenant", framework.TenantBlue}, false},
		{[]string{"--as", "developer", "--tenant", framework.TenantGreen}, false},
		{[]string{"--as", "viewer"}, false},
		{[]string{"--as", "operator"}, false},
		{[]string{"--as", "auditor"}, false},
	} {
		client, _ := persona(t, test.as...)
		secret, err := client.CoreV1().Secrets(framework.TenantBlue).Get(t.Context(), framework.TenantSecret, metav1.GetOptions{})
		switch {
		case test.may && (err != nil || string(secret.Data[framework.TenantSecretKey]) != framework.TenantSecretValue):
			t.Errorf("%v: %v", test.as, err)
		case !test.may && !apierrors.IsForbidden(err):
			t.Errorf("%v reads the secret: %v", test.as, err)
		}
	}
}
