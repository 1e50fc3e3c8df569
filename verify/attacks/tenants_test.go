package attacks

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestOutOfRoom: a refusal for what else is in a namespace says nothing about what was asked for.
func TestOutOfRoom(t *testing.T) {
	t.Parallel()
	forbidden := func(reason string) *apierrors.StatusError {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "limits", errors.New(reason))
	}
	terminating := forbidden("unable to create new content in namespace blue because it is being terminated")
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for says, row := range map[string]struct {
		err  error
		want bool
	}{
		"the quota is used up":       {forbidden("exceeded quota: tenant, requested: limits.cpu=500m, used: 20, limited: 20"), true},
		"the namespace goes":         {terminating, true},
		"no default limits":          {forbidden("failed quota: tenant: must specify limits.cpu"), false},
		"a policy":                   {forbidden("ValidatingAdmissionPolicy denied request"), false},
		"the API server is not well": {apierrors.NewInternalError(errors.New("exceeded quota")), false},
	} {
		if got := outOfRoom(row.err); got != row.want {
			t.Errorf("%s: %t, want %t", says, got, row.want)
		}
	}
}
