package tenant

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestPodSecurityIsLoweredWithAWaiverOnly(t *testing.T) {
	t.Parallel()
	const less, never, unknown = "is less than restricted", "gives the nodes away", "is not a level"
	for _, test := range []struct {
		level  PodSecurity
		waived bool
		want   string
	}{
		{"", false, ""},
		{PodSecurityRestricted, false, ""},
		{PodSecurityRestricted, true, ""},
		{PodSecurityBaseline, false, less},
		{PodSecurityBaseline, true, ""},
		{"privileged", false, never},
		{"privileged", true, never},
		{"Baseline", true, unknown},
	} {
		var got []string
		CheckPodSecurity(test.level, test.waived, func(field string, value any, rule string) {
			got = append(got, fmt.Sprint(field, " ", value, " ", rule))
		})
		if (test.want == "") != (len(got) == 0) || !strings.Contains(strings.Join(got, ""), test.want) {
			t.Errorf("%q, waived %t: got %q, want %q", test.level, test.waived, got, test.want)
		}
	}
}

// TestLoweredPodSecurityIsStillSaid: what is less than restricted is warned of and audited.
func TestLoweredPodSecurityIsStillSaid(t *testing.T) {
	t.Parallel()
	namespace := corev1.Namespace{}
	admit(t, TenantArgs{
		Name: "blue", KubernetesVersion: "v1.37.0", PodSecurity: PodSecurityBaseline, RestrictedWaived: true,
	}).Decode(t, "blue-namespace", &namespace)
	for mode, want := range map[string]string{"enforce": "baseline", "audit": "restricted", "warn": "restricted"} {
		if got := namespace.Labels["pod-security.kubernetes.io/"+mode]; got != want {
			t.Errorf("%s=%s, want %s", mode, got, want)
		}
		if got := namespace.Labels["pod-security.kubernetes.io/"+mode+"-version"]; got != "v1.37" {
			t.Errorf("%s-version=%s", mode, got)
		}
	}
}
