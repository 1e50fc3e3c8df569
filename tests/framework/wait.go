package framework

import (
	"context"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/verify/live"
)

// Eventually is Poll in a test, which it fails.
func Eventually(t *testing.T, what string, deadline time.Duration, check func(context.Context) error) {
	t.Helper()
	if err := live.Poll(t.Context(), what, deadline, check); err != nil {
		t.Fatal(err)
	}
}
