package plugin

import (
	"context"
	"os"
	"time"
)

// parentPollInterval is how often the plugin looks whether the engine that started it still lives.
const parentPollInterval = time.Second

// watchParent returns a context that ends when the process that started the plugin does. An engine that is killed cannot
// tell its plugins: an operation that it waits for ends with its connection, but the plugin itself would linger for up to
// five minutes, until the SDK's health check notices.
func watchParent(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	parent := os.Getppid()
	if parent == 1 {
		// Started by init itself, as in a container: there is no engine to outlive.
		return ctx, cancel
	}
	go func() {
		ticker := time.NewTicker(parentPollInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if os.Getppid() != parent {
					cancel()
					return
				}
			}
		}
	}()
	return ctx, cancel
}
