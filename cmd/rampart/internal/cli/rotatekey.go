package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/progress"
	"github.com/rampart-iac/rampart/providers/kind/hardening"
	"github.com/rampart-iac/rampart/providers/kind/keys"
	"github.com/rampart-iac/rampart/providers/kind/rotation"
	"github.com/rampart-iac/rampart/stacks"
)

func newRotateKey(shared *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-key",
		Short: "Replace the key that Secret objects are encrypted with",
		Long: `Replaces the key that Secret objects are encrypted with, while the cluster works:

  1. A second key is made. Once every API server says that it has it,
  2. it becomes the one that writes. Once every API server says so,
  3. everything that is encrypted is written anew, and etcd is searched for what still needs the old key.
  4. Then the old key is thrown away.

The keys are in the stack's state, as secrets; so is how far the rotation has come. If it is interrupted anywhere, run it
again: it goes on from there, and an up in between changes nothing. API servers look for a changed key every minute, so
that the whole takes about two minutes, and more with very many Secrets. Nothing else of the stack is touched.

A snapshot of before can only be restored with the key of before: take a new one.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := newSession(cmd, shared)
			if err != nil {
				return err
			}
			return s.rotateKey(cmd.Context())
		},
	}
}

func (s *session) rotateKey(ctx context.Context) error {
	if _, err := s.configuration(); err != nil {
		return err
	}
	cluster, err := s.standing(ctx)
	if err != nil {
		return err
	}
	etcd, err := cluster.controlPlane()[0].Etcd(ctx)
	if err != nil {
		return err
	}
	run := rotation.Rotation{
		Keys: stateKeys{cluster}, Servers: []*rest.Config{cluster.admin}, Store: etcd, Progress: progress.New(s.progress),
		Note: filepath.Join(filepath.Dir(cluster.kubeconfig), "rotation"),
	}
	outcome, err := run.Run(ctx)
	if err != nil {
		return fmt.Errorf("%w\nno key is lost and nothing is unreadable: run rotate-key again, it goes on from there", err)
	}
	s.reportRotation(outcome)
	return nil
}

func (s *session) reportRotation(outcome rotation.Outcome) {
	fmt.Fprintln(s.stdout)
	if outcome.Resumed {
		fmt.Fprintln(s.stdout, "An interrupted rotation is complete. For another one, run this again.")
	}
	fmt.Fprintf(s.stdout, "Secrets are encrypted with %s.", outcome.New)
	if outcome.Old != "" {
		fmt.Fprintf(s.stdout, " %s is gone from the state and from the nodes; API servers forget it within a minute.", outcome.Old)
	}
	fmt.Fprintln(s.stdout)
	if outcome.Objects > 0 {
		fmt.Fprintf(s.stdout, "%d objects were written anew in %s, %.0f a second.\n", outcome.Objects,
			outcome.Took.Round(10*time.Millisecond), float64(outcome.Objects)/outcome.Took.Seconds())
	}
}

// stateKeys are the keys in the state of a stack.
type stateKeys struct{ cluster *standing }

func (k stateKeys) Status(ctx context.Context) (rotation.Status, error) {
	if err := k.cluster.read(ctx); err != nil {
		return rotation.Status{}, err
	}
	key := k.cluster.key
	return rotation.Status{
		Phase: keys.Phase(key.Text("phase")), Writes: key.Text("name"), Reads: key.Text("otherName"),
	}, nil
}

func (k stateKeys) Take(ctx context.Context, step keys.Step) error {
	targets := k.cluster.targets()
	if step == keys.Finish {
		// The cluster is not concerned.
		targets = targets[:1]
	}
	return k.cluster.pulumi.UpOnly(ctx, targets, stacks.KeyStepVariable+"="+string(step))
}

func (k stateKeys) Configuration(ctx context.Context) (rotation.Configuration, error) {
	var first rotation.Configuration
	for i, node := range k.cluster.controlPlane() {
		text, err := node.Run(ctx, "cat", hardening.EncryptionPath)
		if err != nil {
			return first, fmt.Errorf("reading the encryption configuration of %s: %w", node.Name, err)
		}
		config, err := rotation.ParseConfiguration(text)
		if err != nil {
			return first, err
		}
		if i > 0 && config.Hash != first.Hash {
			return first, fmt.Errorf("%s has another encryption configuration than the node before: run up", node.Name)
		}
		first = config
	}
	return first, nil
}
