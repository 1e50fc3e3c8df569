package objects

import (
	"strings"
	"testing"
)

func TestCheckNamespace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value, fault string
	}{
		{value: "blue"},
		{value: "team-7"},
		{value: "kubeflow"},
		{value: "", fault: "namespace is required"},
		{value: "Blue", fault: `namespace "Blue": a lowercase RFC 1123 label`},
		{value: "blue.green", fault: "must not contain dots"},
		{value: "-blue", fault: "RFC 1123 label"},
		{value: strings.Repeat("b", 64), fault: "no more than 63"},
		{value: "default", fault: "belong to Kubernetes"},
		{value: "kube-system", fault: "belong to Kubernetes"},
	} {
		t.Run(test.value, func(t *testing.T) {
			t.Parallel()
			err := CheckNamespace("namespace", test.value)
			switch {
			case test.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
				t.Errorf("got %v, want a fault that says %q", err, test.fault)
			}
		})
	}
}
