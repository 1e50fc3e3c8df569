package tenant

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestCapacityDefaults(t *testing.T) {
	t.Parallel()
	recorder := admit(t, TenantArgs{Name: "blue", KubernetesVersion: "v1.37.0"})
	quota := corev1.ResourceQuota{}
	recorder.Decode(t, "blue-quota", &quota)
	if quota.Namespace != "blue" || quota.Labels[TenantLabel] != "blue" {
		t.Errorf("quota %+v", quota.ObjectMeta)
	}
	checkList(t, "quota", quota.Spec.Hard, map[string]string{
		"limits.cpu": "20", "requests.cpu": "20", "limits.memory": "20Gi", "requests.memory": "20Gi",
		"limits.ephemeral-storage": "50Gi", "requests.ephemeral-storage": "50Gi", "requests.storage": "50Gi",
		"pods": "50", "persistentvolumeclaims": "20", "services.loadbalancers": "0", "services.nodeports": "0",
		"secrets": "100", "configmaps": "100", "services": "100",
	})
	limits := corev1.LimitRange{}
	recorder.Decode(t, "blue-limits", &limits)
	if len(limits.Spec.Limits) != 1 || limits.Spec.Limits[0].Type != corev1.LimitTypeContainer {
		t.Fatalf("limits %+v", limits.Spec)
	}
	item := limits.Spec.Limits[0]
	checkList(t, "default", item.Default, map[string]string{"cpu": "500m", "memory": "256Mi", "ephemeral-storage": "1Gi"})
	checkList(t, "request", item.DefaultRequest, map[string]string{"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi"})
	checkList(t, "max", item.Max, map[string]string{"cpu": "20", "memory": "20Gi", "ephemeral-storage": "50Gi"})
}

func checkList(t *testing.T, what string, got corev1.ResourceList, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
	for name, value := range want {
		if quantity := got[corev1.ResourceName(name)]; quantity.String() != value {
			t.Errorf("%s: %s is %s, want %s", what, name, quantity.String(), value)
		}
	}
}

// TestCapacityThatIsGiven also holds the defaults to it: they are as low as what is given.
func TestCapacityThatIsGiven(t *testing.T) {
	t.Parallel()
	recorder := admit(t, TenantArgs{
		Name: "blue", KubernetesVersion: "v1.37.0",
		Quota: Quota{CPU: "0.25", Memory: "2048Mi", Pods: 3, LoadBalancers: 1},
		Limits: Limits{
			Default: Resources{Memory: "32Mi"},
			Max:     Resources{EphemeralStorage: "100Mi"},
		},
	})
	quota, limits := corev1.ResourceQuota{}, corev1.LimitRange{}
	recorder.Decode(t, "blue-quota", &quota)
	recorder.Decode(t, "blue-limits", &limits)
	checkList(t, "quota", quota.Spec.Hard, map[string]string{
		// In the API server's spelling.
		"limits.cpu": "250m", "requests.cpu": "250m", "limits.memory": "2Gi", "requests.memory": "2Gi",
		"limits.ephemeral-storage": "50Gi", "requests.ephemeral-storage": "50Gi", "requests.storage": "50Gi",
		"pods": "3", "persistentvolumeclaims": "20", "services.loadbalancers": "1", "services.nodeports": "0",
		"secrets": "100", "configmaps": "100", "services": "100",
	})
	item := limits.Spec.Limits[0]
	checkList(t, "default", item.Default, map[string]string{"cpu": "250m", "memory": "32Mi", "ephemeral-storage": "100Mi"})
	checkList(t, "request", item.DefaultRequest, map[string]string{"cpu": "50m", "memory": "32Mi", "ephemeral-storage": "64Mi"})
	checkList(t, "max", item.Max, map[string]string{"cpu": "250m", "memory": "2Gi", "ephemeral-storage": "100Mi"})
}

func TestCheckCapacity(t *testing.T) {
	t.Parallel()
	const memory, cores = "write bytes such as 512Mi or 4Gi", `write cores such as "2", or thousandths of one such as 500m`
	for name, test := range map[string]struct {
		quota  Quota
		limits Limits
		want   []string
	}{
		"nothing":        {Quota{}, Limits{}, nil},
		"no quantities":  {Quota{CPU: "two", Memory: "4GB", Storage: "x"}, Limits{}, []string{`quota.storage "x": is not a quantity: ` + memory, `quota.cpu "two": is not a quantity: ` + cores, `quota.memory "4GB": is not a quantity: ` + memory}},
		"cores in bytes": {Quota{CPU: "4Gi"}, Limits{}, []string{`quota.cpu "4Gi": is a number of bytes: ` + cores}},
		"thousandths of a byte": {
			Quota{}, Limits{Default: Resources{Memory: "512m"}},
			[]string{`limits.default.memory "512m": is less than 1Mi: ` + memory},
		},
		"nothing of it": {Quota{Storage: "0"}, Limits{Request: Resources{CPU: "-1"}}, []string{`quota.storage "0": is not above zero: ` + memory, `limits.request.cpu "-1": is not above zero: ` + cores}},
		"less than nothing": {Quota{Pods: -1, Volumes: -2, LoadBalancers: -3, NodePorts: -4}, Limits{}, []string{
			`quota.pods "-1": is negative: write how many there may be`, `quota.volumes "-2": is negative: write how many there may be`,
			`quota.loadBalancers "-3": is negative: write how many there may be`, `quota.nodePorts "-4": is negative: write how many there may be`,
		}},
		"quota below a container's most": {
			Quota{Memory: "1Gi"}, Limits{Max: Resources{Memory: "2Gi"}},
			[]string{`quota.memory "1Gi": is less than limits.max.memory "2Gi", so that such a container would never start: raise it, or lower that`},
		},
		"most below the default": {
			Quota{}, Limits{Default: Resources{CPU: "2"}, Max: Resources{CPU: "1"}},
			[]string{`limits.max.cpu "1": is less than limits.default.cpu "2", so that such a container would never start: raise it, or lower that`},
		},
		"default below the request": {
			Quota{}, Limits{Default: Resources{CPU: "100m"}, Request: Resources{CPU: "200m"}},
			[]string{`limits.default.cpu "100m": is less than limits.request.cpu "200m", so that such a container would never start: raise it, or lower that`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			CheckCapacity(test.quota, test.limits, func(field string, value any, rule string) {
				got = append(got, fmt.Sprintf("%s %q: %s", field, fmt.Sprint(value), rule))
			})
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
