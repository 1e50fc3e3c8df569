package framework

import (
	"context"
	"errors"
	"fmt"

	"github.com/rampart-iac/rampart/verify/live"
)

// heavy is four times the CPU weight that a container has by default. Clusters of other tests share the processors.
const heavy = 4096

// Outweigh has the nodes of the cluster go before those of other tests, if there is not enough for all: everything waits for the
// tests that take longest. It holds until the nodes are stopped.
func (c *Cluster) Outweigh(ctx context.Context) (err error) {
	for _, engine := range live.Engines(ctx) {
		names, failed := engine.ContainersOf(ctx, c.Name)
		err = errors.Join(err, failed)
		for _, name := range names {
			_, failed := engine.Run(ctx, "update", fmt.Sprintf("--cpu-shares=%d", heavy), name)
			err = errors.Join(err, failed)
		}
	}
	return err
}
