package live

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPollSaysWhatItLastSaw(t *testing.T) {
	t.Parallel()
	asked := 0
	err := Poll(t.Context(), "the moon", 600*time.Millisecond, func(context.Context) error {
		asked++
		return errors.New("still dark")
	})
	if err == nil || !strings.Contains(err.Error(), "the moon") || !strings.Contains(err.Error(), "still dark") {
		t.Errorf("got %v", err)
	}
	if asked < 2 {
		t.Errorf("asked %d times", asked)
	}
	if err := Poll(t.Context(), "now", time.Minute, func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
