package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/engine"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/leadership"
	"github.com/rampart-iac/rampart/cmd/rampart/internal/node"
)

// wakeDeadline is for a control plane to answer after its node was started, on a busy machine.
const wakeDeadline = 3 * time.Minute

// wake starts the nodes of a cluster that does not answer, if they are stopped: all are, when the machine itself has started
// anew. It comes before the engine, which would look at a cluster that is out of reach, forget what is in it and make it again.
func (s *session) wake(ctx context.Context, pulumi *engine.Engine) error {
	if s.cloud() {
		return nil
	}
	if _, _, err := s.adminKubeconfig(ctx); err != nil || s.answers(ctx) == nil {
		return nil //nolint:nilerr // there is no cluster yet, or it answers
	}
	found, err := s.find(ctx, pulumi)
	if err != nil {
		return nil //nolint:nilerr // nothing is known of any node, and the engine says what is wrong
	}
	began := time.Now()
	var names []string
	for _, each := range found.nodes {
		stopped, err := each.Stopped(ctx)
		if err != nil || !stopped {
			continue // a node that is gone is the engine's to make
		}
		if err := each.Start(ctx); err != nil {
			return err
		}
		names = append(names, each.Name)
	}
	if len(names) == 0 {
		return nil
	}
	fmt.Fprintf(s.progress, "Nodes were stopped, and are started: %s. Waiting until the cluster answers\n",
		strings.Join(names, ", "))
	if err := s.awaitAnswer(ctx, found.nodes); err != nil {
		return err
	}
	cluster, err := s.reach(ctx, found)
	if err != nil {
		return err
	}
	client, err := clientOf(cluster)
	if err != nil {
		return err
	}
	return s.takeOver(ctx, client, leadership.Of(names), began)
}

func (s *session) awaitAnswer(ctx context.Context, nodes []node.Node) error {
	ctx, cancel := context.WithTimeout(ctx, wakeDeadline)
	defer cancel()
	for {
		err := s.answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cluster does not answer %s after its nodes were started (%d of them): %w; "+
				"\"rampart doctor\" looks for what keeps it from running", wakeDeadline, len(nodes), err)
		case <-time.After(time.Second):
		}
	}
}
