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
	hurry, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	err = Poll(hurry, "the sun", time.Hour, func(context.Context) error { return errors.New("still dark") })
	if err == nil || strings.Contains(err.Error(), "1h") {
		t.Errorf("it says that it waited for longer than it did: %v", err)
	}
	if err := Poll(t.Context(), "now", time.Minute, func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
