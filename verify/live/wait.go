package live

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Poll asks until the check returns nil. When the deadline is over, or the context, the error says what was waited for, how
// long, and why it was not so the last time.
func Poll(ctx context.Context, what string, deadline time.Duration, check func(context.Context) error) error {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	interval := time.NewTicker(250 * time.Millisecond)
	defer interval.Stop()
	last := errors.New("never asked")
	for {
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
