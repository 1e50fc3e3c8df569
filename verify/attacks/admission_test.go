package attacks

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/rampart-iac/rampart/verify"
)

// TestRemovedObjectsShowNothing: what somebody removes between the list and the attempt is not counted as refused, and does not
// keep the rest from being shown.
func TestRemovedObjectsShowNothing(t *testing.T) {
	t.Parallel()
	policies := schema.GroupResource{Group: "networking.k8s.io", Resource: "networkpolicies"}
	refused := apierrors.NewForbidden(policies, "held", errors.New("by a policy"))
	gone := apierrors.NewNotFound(policies, "gone")
	for _, row := range []struct {
		says    string
		answers []error
		refused int
		fails   bool
	}{
		{"all stand", []error{refused, refused}, 2, false},
		{"one is gone", []error{refused, gone, refused}, 2, false},
		{"one is gone, and one is open", []error{gone, nil}, 0, false},
		{"all are gone", []error{gone, gone}, 0, true},
		{"an answer that says nothing", []error{refused, apierrors.NewInternalError(errors.New("etcd is away"))}, 1, true},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			var attempts []attempt
			for _, answer := range row.answers {
				attempts = append(attempts, attempt{"a deletion", func(context.Context) error { return answer }})
			}
			got, err := everyChangeIsRefused(t.Context(), &verify.Trial{}, "RMP-ADM-011", attempts)
			if got != row.refused || (err != nil) != row.fails {
				t.Errorf("%d refused, error %v; want %d, and an error: %t", got, err, row.refused, row.fails)
			}
		})
	}
	created := []attempt{{"a creation", func(context.Context) error { return gone }}}
	if err := mustBeRefused(t.Context(), &verify.Trial{}, "RMP-ADM-010", created); !apierrors.IsNotFound(err) {
		t.Errorf("what is made must be refused, and not be missing: %v", err)
	}
}
