package plugin

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/kind/pkg/cluster"
	kindexec "sigs.k8s.io/kind/pkg/exec"
	"sigs.k8s.io/kind/pkg/log"
)

// kindEnvironment serialises creations: kind takes the network's name from the process's environment.
var kindEnvironment sync.Mutex

func (k *kindClient) create(ctx context.Context, logger log.Logger, spec createSpec) error {
	args, err := withPort(spec.args)
	if err != nil {
		return err
	}
	config, err := renderConfig(args, k.quirks())
	if err != nil {
		return err
	}
	engine, err := k.limited(spec.args.Directory)
	if err != nil {
		return err
	}
	nerdctl, err := k.nerdctlFor(spec.args.Directory)
	if err != nil {
		return err
	}
	// kind always exports a kubeconfig. It goes to a file that is thrown away, so that the user's own is never touched.
	kubeconfig, err := os.CreateTemp(spec.args.Directory, ".kubeconfig-")
	if err != nil {
		return fmt.Errorf("making a temporary kubeconfig: %w", err)
	}
	defer func() { _ = os.Remove(kubeconfig.Name()) }()
	if err := kubeconfig.Close(); err != nil {
		return fmt.Errorf("making a temporary kubeconfig: %w", err)
	}
	// kind locks a kubeconfig by a file beside it, and waits for a stale one.
	defer func() { _ = os.Remove(kubeconfig.Name() + ".lock") }()

	kindEnvironment.Lock()
	defer kindEnvironment.Unlock()
	restore, err := setEnvironment(append(engine.env,
		"KIND_EXPERIMENTAL_DOCKER_NETWORK="+spec.args.network(),
		"KIND_EXPERIMENTAL_PODMAN_NETWORK="+spec.args.network(),
		"RAMPART_NETWORK="+spec.args.network(),
	))
	if err != nil {
		return err
	}
	defer restore()

	done := make(chan error, 1)
	go func() {
		done <- k.provider(logger, nerdctl).Create(spec.args.Name,
			cluster.CreateWithRawConfig(config),
			cluster.CreateWithKubeconfigPath(kubeconfig.Name()),
			// Whoever calls cleans up more than kind would, and does so even when ctx has ended.
			cluster.CreateWithRetain(true),
			cluster.CreateWithDisplayUsage(false),
			cluster.CreateWithDisplaySalutation(false),
		)
	}()
	select {
	case err := <-done:
		if err != nil && kindexec.RunErrorForError(err) == nil {
			// No command failed: a node did not do what kind waited for, and only the node can say why.
			return fmt.Errorf("%w%s", err, k.nodeWords(ctx, spec.args.Name))
		}
		return explain(err)
	case <-ctx.Done():
	}
	// kind cannot be told to stop. Without its nodes every command of its fails, and so it does stop.
	for {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneTimeout)
		// What cannot be deleted now is tried again, here and by the caller.
		_ = k.deleteNodes(cleanup, spec.args.Name)
		cancel()
		select {
		case <-done:
			return ctx.Err()
		case <-time.After(stopInterval):
		}
	}
}

// nodeWords returns the last lines of what each node of a cluster has said, for an error.
func (k *kindClient) nodeWords(ctx context.Context, cluster string) string {
	nodes, err := k.nodes(ctx, cluster)
	if err != nil {
		return fmt.Sprintf("; and its nodes cannot be looked at: %v", err)
	}
	var words strings.Builder
	for _, node := range nodes {
		logs, err := k.engine.run(ctx, "logs", "--tail", "15", node.Name)
		if err != nil {
			logs = err.Error()
		}
		fmt.Fprintf(&words, "\n%s is %s; its last words:\n%s", node.Name, node.Status, lastWords([]byte(logs)))
	}
	return words.String()
}

// setEnvironment sets variables of this process and returns what puts the old ones back.
func setEnvironment(variables []string) (restore func(), err error) {
	var undo []func()
	restore = func() {
		for _, step := range slices.Backward(undo) {
			step()
		}
	}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		old, had := os.LookupEnv(name)
		if err := os.Setenv(name, value); err != nil {
			restore()
			return nil, fmt.Errorf("setting %s: %w", name, err)
		}
		undo = append(undo, func() {
			// Neither can fail for a name that could be set.
			if had {
				_ = os.Setenv(name, old)
			} else {
				_ = os.Unsetenv(name)
			}
		})
	}
	return restore, nil
}
