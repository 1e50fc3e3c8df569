package live

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pollInterval is between two questions, pollRarely when the answer has been no for pollPatience: who waits for long need not
// know to a quarter of a second, and a dozen of them at once would keep an API server busy.
const (
	pollInterval = 250 * time.Millisecond
	pollRarely   = 500 * time.Millisecond
	pollPatience = 2 * time.Second
)

// Poll asks until the check returns nil. When the deadline is over, or the context, the error says what was waited for, how
// long, and why it was not so the last time.
func Poll(ctx context.Context, what string, deadline time.Duration, check func(context.Context) error) error {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	interval := time.NewTicker(pollInterval)
	defer interval.Stop()
	last, often := errors.New("never asked"), true
	for {
		if often && time.Since(started) > pollPatience {
			interval.Reset(pollRarely)
			often = false
		}
		err := check(ctx)
		if err == nil {
			return nil
		}
		// An answer that the deadline itself cut off tells less than the one before.
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			// Less than the deadline, if who asks has less time.
			return fmt.Errorf("waited %s for %s: %w", time.Since(started).Round(100*time.Millisecond), what, last)
		case <-interval.C:
		}
	}
}
