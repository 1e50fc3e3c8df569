package verify

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rampart-iac/rampart/verify/live"
)

// TestAnAnswerIsNotTakenForNone: a cluster that says that it has no nodes does answer.
func TestAnAnswerIsNotTakenForNone(t *testing.T) {
	t.Parallel()
	for want, failed := range map[string]error{
		"the cluster at https://host has no nodes":                         fmt.Errorf("looking: %w", live.ErrNoNodes),
		"the cluster at https://host (kubeconfig file) does not answer: x": errors.New("x"),
	} {
		if got := explain(failed, "file", "https://host"); !strings.HasPrefix(got.Error(), want) {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
